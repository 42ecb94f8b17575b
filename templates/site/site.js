// Adds filter, address and keyboard to an index that is complete without them. Builds text, never markup.
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

  function wanted(item, words) {
    const kind = value("show"), data = item.dataset;
    if (kind === "new" ? data.new === "0" : kind !== "" && data.g !== kind) return false;
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
    id("found").textContent = any ? left + " of " + rows.length + (rows.length === 1 ? " service" : " services") : "";
  }

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
    const text = kept.toString(), hash = "#" + address().anchor + (text ? "?" + text : "");
    if (hash === location.hash || (hash === "#" && location.hash === "")) return;
    try { history.replaceState(null, "", hash); } catch { /* a viewer that forbids it still filters */ }
  }

  function restore(kept) {
    names.forEach((name) => {
      controls[name].value = kept.get(name) || "";
      if (controls[name].selectedIndex === -1) controls[name].value = "";
    });
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
    if (target.closest("[hidden]")) clear();
    else keep();
    if (target.matches("details")) target.open = true;
    target.classList.add("here");
    target.scrollIntoView();
  }

  function step(by) {
    const shown = rows.filter((row) => !row.hidden);
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
    note.textContent = "This page is " + (hours < 48 ? hours + " h" : Math.floor(hours / 24) + " d") + " old: what it says may hold no longer. Run auditor site again.";
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
