"use strict";
// Makes the headings of sortable tables into buttons; a second press turns the order round.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const word = (cell) => cell.lastChild?.textContent.trim() ?? ""; // without its symbol
  const compare = (a, b) =>
    a.dataset.key === undefined
      ? word(a).localeCompare(word(b), "en", { numeric: true })
      : (Number(a.dataset.key) - Number(b.dataset.key)) || 0;
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = down ? -1 : 1;
      const rows = [...body.rows];
      rows.sort((a, b) => order * compare(a.cells[column], b.cells[column]));
      body.append(...rows);
    });
  });
}
