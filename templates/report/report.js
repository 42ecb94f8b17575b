// Adds filter, search, copy and keyboard to a page that is complete without them. Builds elements, never markup.
(function () {
  "use strict";
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const id = (name) => document.getElementById(name);
  const query = id("q"), show = id("show"), where = id("env"), found = id("found"), help = id("help");
  const rows = all(".matrix .row"), cards = all("details.card");
  const texts = new Map();
  rows.forEach((row) => texts.set(row, row.cells[0].textContent.toLowerCase()));
  cards.forEach((card) => {
    const parts = [card.querySelector("summary"), ...all(".affected, .seen", card)];
    texts.set(card, parts.map((part) => part.textContent).join(" ").toLowerCase());
  });
  const speaks = (list, env) => (env === "" ? list !== "" : list.split(" ").includes(env));

  function rowWanted(row, words, kind, env) {
    if (kind === "drift" && !speaks(row.dataset.d, env)) return false;
    if (kind === "open" && !speaks(row.dataset.u, env)) return false;
    return words.every((word) => texts.get(row).includes(word));
  }

  function showMarks(env) {
    all(".matrix .tri").forEach((group) => {
      Array.from(group.children).forEach((mark, i) => { mark.hidden = env !== "" && String(i) !== env; });
    });
  }

  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = show.value, env = where.value;
    const narrowed = words.length > 0 || kind !== "all";
    let shownRows = 0, shownCards = 0;
    rows.forEach((row) => { row.hidden = !rowWanted(row, words, kind, env); shownRows += row.hidden ? 0 : 1; });
    all(".matrix tbody").forEach((body) => {
      const own = all(".row", body);
      if (own.length) body.hidden = own.every((row) => row.hidden);
    });
    all(".matrix details").forEach((fold) => {
      if (narrowed && fold.dataset.was === undefined) { fold.dataset.was = String(fold.open); fold.open = true; }
      if (!narrowed && fold.dataset.was !== undefined) { fold.open = fold.dataset.was === "true"; delete fold.dataset.was; }
    });
    cards.forEach((card) => {
      const here = env === "" || card.dataset.e === "" || speaks(card.dataset.e, env);
      card.hidden = !here || !words.every((word) => texts.get(card).includes(word));
      shownCards += card.hidden ? 0 : 1;
    });
    showMarks(env);
    found.textContent = narrowed || env !== ""
      ? shownRows + " of " + rows.length + " paths, " + shownCards + " of " + cards.length + " findings" : "";
  }

  function reveal(target) {
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  function follow() {
    const target = location.hash.length > 1 ? id(decodeURIComponent(location.hash.slice(1))) : null;
    if (!target) return;
    const card = target.closest("details.card");
    if (card) card.hidden = false;
    reveal(target);
    target.scrollIntoView();
  }

  function step(by) {
    const shown = cards.filter((card) => !card.hidden && card.offsetParent !== null);
    if (!shown.length) return;
    const now = shown.findIndex((card) => card.contains(document.activeElement));
    const next = shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : (now + by + shown.length) % shown.length];
    next.open = true;
    next.querySelector("summary").focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  }

  function copier(pre) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => {
      const select = () => {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected: press Ctrl+C";
      };
      if (!navigator.clipboard) { select(); return; }
      navigator.clipboard.writeText(pre.textContent).then(() => { button.textContent = "Copied"; }, select);
    });
    pre.after(button);
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const acts = { "/": () => query.focus(), n: () => step(1), p: () => step(-1), "?": () => help.showModal() };
    const act = acts[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  id("tools").hidden = false;
  [query, show, where].forEach((control) => control.addEventListener("input", filter));
  id("ask").addEventListener("click", () => help.showModal());
  id("close").addEventListener("click", () => help.close());
  document.addEventListener("keydown", keys);
  addEventListener("hashchange", follow);
  all("pre.curl").forEach(copier);
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed = []; });
  filter();
  follow();
})();
