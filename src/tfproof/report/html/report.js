"use strict";
(() => {
  const checks = [...document.querySelectorAll(".check")];
  const search = document.getElementById("search");
  const severity = document.getElementById("severity");
  const filters = [...document.querySelectorAll(".filter")];
  const shown = document.getElementById("shown");
  const words = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));

  const apply = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = new Set(filters.filter((one) => one.ariaPressed === "true").map((one) => one.dataset.outcome));
    let count = 0;
    for (const check of checks) {
      const fits = outcomes.has(check.dataset.outcome) && Number(check.dataset.severity) >= Number(severity.value)
        && wanted.every((word) => words.get(check).includes(word));
      check.hidden = !fits;
      count += fits;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".check:not([hidden])");
    }
    shown.textContent = `${count} of ${checks.length} checks`;
  };
  search.addEventListener("input", apply);
  severity.addEventListener("change", apply);
  for (const one of filters) {
    one.addEventListener("click", () => {
      one.ariaPressed = one.ariaPressed === "true" ? "false" : "true";
      apply();
    });
  }
  const all = document.getElementById("all");
  all.addEventListener("click", () => {
    const open = all.textContent === "Open all";
    for (const check of checks) check.open = open;
    all.textContent = open ? "Close all" : "Open all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  apply();

  const tip = document.getElementById("tip");
  const tell = (cell) => {
    tip.textContent = cell.dataset.why;
    tip.hidden = false;
  };
  const hush = () => {
    tip.hidden = true;
  };
  for (const grid of document.querySelectorAll(".grid")) {
    const rows = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("td")]);
    const go = (row, column) => {
      const to = rows[Math.max(0, Math.min(row, rows.length - 1))];
      const cell = to[Math.max(0, Math.min(column, to.length - 1))];
      for (const one of grid.querySelectorAll('td[tabindex="0"]')) one.tabIndex = -1;
      cell.tabIndex = 0;
      cell.focus();
    };
    grid.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      if (!cell) return;
      const row = cell.parentElement.sectionRowIndex;
      const column = rows[row].indexOf(cell);
      const last = rows[row].length - 1;
      const moves = {ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
        ArrowRight: [row, column + 1], Home: [row, 0], End: [row, last]};
      if (event.key === "Escape") hush();
      if (moves[event.key]) {
        event.preventDefault();
        go(...moves[event.key]);
      }
    });
    grid.addEventListener("focusin", (event) => {
      const cell = event.target.closest("[data-why]");
      if (cell) tell(cell);
    });
    grid.addEventListener("focusout", hush);
    grid.addEventListener("mouseover", (event) => {
      const cell = event.target.closest("[data-why]");
      if (cell) tell(cell);
    });
    grid.addEventListener("mouseout", hush);
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed.push(...document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    closed = [];
  });
})();
