"""The values that pass between the rooms of the house, and their JSON.

Every record is frozen, compares by value and holds plain Python numbers, so that a report can be
rebuilt from its JSON alone. `to_json` and `from_json` are the only way in and out.
"""

from tuner.errors import require as require
from tuner.errors import require_choice as require_choice
from tuner.records.article import LANGUAGES as LANGUAGES
from tuner.records.article import Agreement as Agreement
from tuner.records.article import Claim as Claim
from tuner.records.article import ExperimentRecord as ExperimentRecord
from tuner.records.article import Finding as Finding
from tuner.records.article import Panel as Panel
from tuner.records.article import ReproduceRecord as ReproduceRecord
from tuner.records.article import Series as Series
from tuner.records.article import Trained as Trained
from tuner.records.article import Unit as Unit
from tuner.records.commands import EvaluateRecord as EvaluateRecord
from tuner.records.commands import FindEtaRecord as FindEtaRecord
from tuner.records.commands import PartName as PartName
from tuner.records.commands import TrainRecord as TrainRecord
from tuner.records.inspection import Inspection as Inspection
from tuner.records.inspection import LayerWeights as LayerWeights
from tuner.records.inspection import Mistake as Mistake
from tuner.records.inspection import Predicted as Predicted
from tuner.records.provenance import DataIdentity as DataIdentity
from tuner.records.provenance import DataSummary as DataSummary
from tuner.records.provenance import Environment as Environment
from tuner.records.provenance import Note as Note
from tuner.records.provenance import NoteKind as NoteKind
from tuner.records.provenance import SealedPart as SealedPart
from tuner.records.provenance import TaskChoice as TaskChoice
from tuner.records.provenance import TaskName as TaskName
from tuner.records.search import ADVICE as ADVICE
from tuner.records.search import EtaSearch as EtaSearch
from tuner.records.search import EtaSearches as EtaSearches
from tuner.records.search import Judgement as Judgement
from tuner.records.search import Outcome as Outcome
from tuner.records.search import Probe as Probe
from tuner.records.search import Verdict as Verdict
from tuner.records.space import Choices as Choices
from tuner.records.space import Dimension as Dimension
from tuner.records.space import IntRange as IntRange
from tuner.records.space import LogRange as LogRange
from tuner.records.space import Range as Range
from tuner.records.space import SearchSpace as SearchSpace
from tuner.records.space import Value as Value
from tuner.records.space import layer_sizes as layer_sizes
from tuner.records.space import layers_text as layers_text
from tuner.records.study import Ranking as Ranking
from tuner.records.study import StudyPlan as StudyPlan
from tuner.records.study import StudyRecord as StudyRecord
from tuner.records.study import StudySummary as StudySummary
from tuner.records.study import Trial as Trial
from tuner.records.training import Calibration as Calibration
from tuner.records.training import Committee as Committee
from tuner.records.training import Epoch as Epoch
from tuner.records.training import Refit as Refit
from tuner.records.training import Reliability as Reliability
from tuner.records.training import Run as Run
from tuner.records.training import StopReason as StopReason
from tuner.records.tuning import Candidate as Candidate
from tuner.records.tuning import Confirmation as Confirmation
from tuner.records.tuning import Evaluation as Evaluation
from tuner.records.tuning import FinishedStep as FinishedStep
from tuner.records.tuning import LeftOut as LeftOut
from tuner.records.tuning import Overfitting as Overfitting
from tuner.records.tuning import PairedDifference as PairedDifference
from tuner.records.tuning import Regularizer as Regularizer
from tuner.records.tuning import SanityCheck as SanityCheck
from tuner.records.tuning import Shortfall as Shortfall
from tuner.records.tuning import StepName as StepName
from tuner.records.tuning import TuneProgress as TuneProgress
from tuner.records.tuning import TuneRecord as TuneRecord
from tuner.serialization import SCHEMA as SCHEMA
from tuner.serialization import Number as Number
from tuner.serialization import Record as Record
from tuner.serialization import Share as Share
from tuner.serialization import from_json as from_json
from tuner.serialization import to_json as to_json
from tuner.settings import Hyperparameters as Hyperparameters
from tuner.settings import Strategy as Strategy

__all__ = [
    "ADVICE",
    "LANGUAGES",
    "SCHEMA",
    "Agreement",
    "Candidate",
    "Choices",
    "Claim",
    "Committee",
    "Confirmation",
    "DataIdentity",
    "DataSummary",
    "Dimension",
    "Environment",
    "Epoch",
    "EtaSearch",
    "EtaSearches",
    "Evaluation",
    "ExperimentRecord",
    "FindEtaRecord",
    "Finding",
    "FinishedStep",
    "Hyperparameters",
    "Inspection",
    "IntRange",
    "Judgement",
    "LayerWeights",
    "LeftOut",
    "LogRange",
    "Mistake",
    "Note",
    "NoteKind",
    "Number",
    "Outcome",
    "Overfitting",
    "PairedDifference",
    "Panel",
    "Probe",
    "Range",
    "Ranking",
    "Record",
    "Refit",
    "Regularizer",
    "ReproduceRecord",
    "Run",
    "SanityCheck",
    "SearchSpace",
    "Series",
    "Share",
    "Shortfall",
    "StepName",
    "StopReason",
    "Strategy",
    "StudyPlan",
    "StudyRecord",
    "StudySummary",
    "TrainRecord",
    "Trained",
    "Trial",
    "TuneProgress",
    "TuneRecord",
    "Unit",
    "Value",
    "Verdict",
    "from_json",
    "layer_sizes",
    "layers_text",
    "require",
    "require_choice",
    "to_json",
]
