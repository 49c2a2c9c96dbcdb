import numpy as np
import pytest
from threadpoolctl import threadpool_info

from tuner.network.blas import gemm_for, one_thread


def blas_threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_gemm_adds_a_product_to_an_array_in_place(precision: str) -> None:
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal(shape).astype(precision) for shape in ((2, 3), (3, 4), (2, 4)))
    expected = 0.5 * (a @ b) - 2 * c
    # Column-major BLAS sees cᵀ = bᵀ aᵀ where NumPy sees c = a b.
    gemm_for(c.dtype)(0.5, b.T, a.T, -2.0, c.T, 0, 0, 1)
    np.testing.assert_allclose(c, expected, rtol=1e-5)


def test_one_thread_holds_inside_and_is_undone_after() -> None:
    before = blas_threads()
    with one_thread():
        assert blas_threads() == {1}
    assert blas_threads() == before
