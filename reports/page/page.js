"use strict";
(() => {
  const form = document.querySelector(".filter");
  const status = document.getElementById("status");
  const text = document.getElementById("text");
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const rows = [...document.querySelectorAll("tbody tr[data-claim]")];
  const articles = new Map([...document.querySelectorAll("article[data-claim]")].map(a => [a.dataset.claim, a]));

  function filter() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const show = (!status.value || row.dataset.status === status.value) && words.every(w => row.dataset.text.includes(w));
      row.hidden = !show;
      articles.get(row.dataset.claim).hidden = !show;
      shown += show;
    }
    none.hidden = shown > 0;
    count.value = `${shown} of ${rows.length} claims shown`;
  }

  // A link to a claim that the filter hides shows it again.
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      status.value = text.value = "";
      filter();
      target.scrollIntoView();
    }
  }

  const query = new URLSearchParams(location.search);
  status.value = query.get("status") || "";
  if (status.selectedIndex < 0) status.value = "";
  text.value = query.get("q") || "";
  form.hidden = false;
  form.addEventListener("submit", event => event.preventDefault());
  status.addEventListener("change", filter);
  text.addEventListener("input", filter);
  addEventListener("hashchange", reveal);
  filter();
  reveal();
})();
