// Adds filter, order, address and keyboard to an index that is complete without them. Builds text, never markup.
(function () {
  "use strict";
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const id = (name) => document.getElementById(name);
  const controls = { q: id("q"), show: id("show"), env: id("env"), owner: id("owner") };
  const names = Object.keys(controls).filter((name) => controls[name]);
  const rows = all(".services .item"), others = all(".unread .item"), folds = all(".nights, .chips [data-row]"), help = id("help");
  const plain = (element) => element.textContent.replace(/\s+/g, " ").toLowerCase();
  const lines = (text) => (text || "").split("\n").filter(Boolean);
  const texts = new Map([...rows, ...others].map((item) => [item, plain(item)]));
  const value = (name) => (controls[name] ? controls[name].value : "");
  const homes = new Map(rows.map((row) => [row, row.parentNode]));
  const heads = all(".services [data-sort]"), order = { by: "", dir: "", judged: id("order") && id("order").textContent };

  // The words of the page's language, with their gaps filled.
  const words = JSON.parse(id("tools").dataset.words);
  const say = (key, gaps) => words[key].replace(/\{(\w+)\}/g, (gap, name) => (name in gaps ? gaps[name] : gap));

  function wanted(item, words) {
    const kind = value("show"), data = item.dataset;
    if (kind === "new" ? !(parseInt(data.new, 10) > 0) : kind !== "" && data.g !== kind) return false;
    if (value("env") !== "" && !lines(data.e).includes(value("env"))) return false;
    if (value("owner") !== "" && !lines(data.o).includes(value("owner"))) return false;
    return words.every((word) => texts.get(item).includes(word));
  }

  function filter() {
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const any = names.some((name) => value(name).trim() !== "");
    [...rows, ...others].forEach((item) => { item.hidden = !wanted(item, words); });
    folds.forEach((fold) => { fold.hidden = id(fold.dataset.row).hidden; });
    all(".services tbody, .unread").forEach((part) => { part.hidden = !part.querySelector(".item:not([hidden])"); });
    id("clear").hidden = !any;
    const left = rows.filter((row) => !row.hidden).length;
    id("found").textContent = any ? say("found", { some: left }) : "";
  }

  // In an order of the reader's own the groups are one: their heads go, and come back with the order as judged.
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  function compare(a, b) {
    const [x, y] = [a, b].map((row) => row.dataset[order.by]);
    if (x === "" || y === "") return (x === "") - (y === ""); // what is not known is last in both directions
    return collator.compare(x, y) * (order.dir === "desc" ? -1 : 1);
  }

  function sort(by, dir) {
    const head = heads.find((th) => th.dataset.sort === by);
    order.by = head ? by : "";
    order.dir = dir === "asc" || dir === "desc" ? dir : head && head.dataset.first;
    heads.forEach((th) => th.removeAttribute("aria-sort"));
    if (head) head.setAttribute("aria-sort", order.dir + "ending");
    if (heads.length) id("order").textContent = head ? say("sorted", { column: head.textContent }) : order.judged;
    (head ? [...rows].sort(compare) : rows).forEach((row) => (head ? single : homes.get(row)).append(row));
  }

  function turn(th) {
    const { sort: by, first } = th.dataset, other = first === "asc" ? "desc" : "asc";
    if (order.by !== by) sort(by, first);
    else sort(order.dir === first ? by : "", other);
    narrow();
  }

  const single = document.createElement("tbody");
  if (heads.length) heads[0].closest("table").append(single);
  single.setAttribute("role", "rowgroup");
  heads.forEach((th) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...th.childNodes);
    button.addEventListener("click", () => turn(th));
    th.append(button);
  });

  // The address keeps the filter behind the anchor, as that of a report does: `#hold?owner=team-orders`.
  function address() {
    const [anchor, kept] = location.hash.slice(1).split("?", 2);
    return { anchor: decoded(anchor), kept: new URLSearchParams(kept || "") };
  }

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  function keep() {
    const kept = new URLSearchParams();
    names.forEach((name) => { if (value(name).trim() !== "") kept.set(name, value(name).trim()); });
    if (order.by) { kept.set("sort", order.by); kept.set("dir", order.dir); }
    const text = kept.toString(), hash = "#" + address().anchor + (text ? "?" + text : "");
    if (hash === location.hash || (hash === "#" && location.hash === "")) return;
    try { history.replaceState(null, "", hash); } catch { /* a viewer that forbids it still filters */ }
  }

  function restore(kept) {
    names.forEach((name) => {
      controls[name].value = kept.get(name) || "";
      if (controls[name].selectedIndex === -1) controls[name].value = "";
    });
    sort(kept.get("sort"), kept.get("dir"));
  }

  function narrow() {
    filter();
    keep();
  }

  function clear() {
    names.forEach((name) => { controls[name].value = ""; });
    narrow();
    controls.q.focus();
  }

  function follow() {
    const { anchor, kept } = address();
    if (location.hash.includes("?")) { restore(kept); filter(); }
    const target = anchor ? id(anchor) : null;
    all(".here").forEach((element) => element.classList.remove("here"));
    if (!target) return;
    if (target.matches(".group *") && order.by) { sort(""); narrow(); }
    if (target.closest("[hidden]")) clear();
    else keep();
    if (target.matches("details")) target.open = true;
    target.classList.add("here");
    target.scrollIntoView();
  }

  function step(by) {
    const shown = all(".services .item:not([hidden])");
    if (!shown.length) return;
    const now = shown.findIndex((row) => row.contains(document.activeElement));
    const next = shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : (now + by + shown.length) % shown.length];
    const at = next.querySelector("a");
    at.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  // A page on a shelf still says what it said: past its limit it judges nothing.
  function age() {
    const note = id("aged"), seconds = (Date.now() - Date.parse(note.dataset.built)) / 1000;
    if (seconds <= Number(note.dataset.limit)) return;
    const hours = Math.floor(seconds / 3600);
    note.textContent = say("aged", { age: hours < 48 ? hours + " h" : Math.floor(hours / 24) + " d" });
    note.hidden = false;
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const acts = { "/": () => controls.q.focus(), n: () => step(1), p: () => step(-1), "?": () => help.showModal() };
    const act = acts[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  id("tools").hidden = false;
  names.forEach((name) => controls[name].addEventListener("input", narrow));
  id("clear").addEventListener("click", clear);
  id("ask").addEventListener("click", () => help.showModal());
  id("close").addEventListener("click", () => help.close());
  document.addEventListener("keydown", keys);
  addEventListener("hashchange", follow);
  filter();
  age();
  follow();
})();
