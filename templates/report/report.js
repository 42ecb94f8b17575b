// Adds filter, search, copy and keyboard to a page that is complete without them. Builds elements, never markup.
(function () {
  "use strict";
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const id = (name) => document.getElementById(name);
  const query = id("q"), show = id("show"), where = id("env"), owner = id("owner"), found = id("found"), help = id("help");
  const counters = all(".counters a[data-show]");
  const controls = [query, show, where, owner].filter(Boolean);
  const rows = all(".matrix .row"), cards = all("details.card");
  const items = [...rows, ...cards, ...all(".item")];
  const holders = all(".sheet, details.fold, .why, .bunch").filter((holder) => holder.querySelector(".row, .card, .item"));
  const sections = all("main > section").filter((section) => section.querySelector(".row, .card, .item"));
  const bodies = all(".matrix tbody").map((body) => [body, all(".row", body)]).filter(([, own]) => own.length);

  // The words of the page's language, with their gaps filled.
  const words = JSON.parse(id("tools").dataset.words);
  const say = (key, gaps) => words[key].replace(/\{(\w+)\}/g, (gap, name) => (gaps && name in gaps ? gaps[name] : gap));

  // What an element says, with the full text where the page shows less.
  function plain(element) {
    const copy = element.cloneNode(true);
    all(".self, .flag", copy).forEach((part) => part.remove());
    all(".cut", copy).forEach((part) => { part.textContent = part.title; });
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  const lines = (text) => (text || "").split("\n").filter(Boolean);
  // By need: a page of many thousand rows opens without it.
  const texts = new Map();
  function textsOf(item) {
    if (!texts.has(item)) texts.set(item, readText(item));
    return texts.get(item);
  }

  function readText(item) {
    const card = item.matches(".card"), path = item.querySelector(".path");
    const parts = card ? [item.querySelector("summary"), ...all(".affected", item)] : [item];
    const why = item.closest(".why");
    if (why) parts.push(why.querySelector("h3"));
    const cut = path && path.querySelector(".cut");
    const own = path ? (cut ? cut.title : path.textContent) : parts.map(plain).join(" "), told = lines(item.dataset.s);
    const said = card ? [own + " " + told.join(" ")] : [own, ...told.map((line) => own + " " + line)];
    return said.map((text) => text.toLowerCase());
  }

  // The attribute that holds where an item is of a kind.
  const KINDS = { error: "x", warning: "w", drift: "d", open: "u", stake: "b", missing: "m" };
  const speaks = (list, env) => list !== undefined && (env === "" ? list !== "" : list.split(" ").includes(env));

  function wanted(item, asked, kind, env, who) {
    if (kind !== "all" && !speaks(item.dataset[KINDS[kind]], env)) return false;
    if (item.dataset.e !== undefined && !speaks(item.dataset.e, env)) return false;
    if (who !== "" && !lines(item.dataset.o).includes(who)) return false;
    return asked.length === 0 || textsOf(item).some((text) => asked.every((word) => text.includes(word)));
  }

  function showMarks(env) {
    all(".matrix .tri").forEach((group) => {
      Array.from(group.children).forEach((mark, i) => { mark.hidden = env !== "" && String(i) !== env; });
    });
  }

  // Folds that the filter opened close again with it.
  function unfold(fold, narrowed) {
    if (narrowed && fold.dataset.was === undefined) { fold.dataset.was = String(fold.open); fold.open = true; }
    if (!narrowed && fold.dataset.was !== undefined) { fold.open = fold.dataset.was === "true"; delete fold.dataset.was; }
  }

  function foldLine(kind, narrowed) {
    const line = document.querySelector(".matrix .fold-" + kind);
    if (!line) return;
    const own = all(".matrix .in-" + kind + " .row"), seen = own.filter((row) => !row.hidden).length;
    line.hidden = seen === 0;
    line.querySelector(".shown").textContent = seen < own.length ? say("shown", { n: seen }) : "";
    unfold(line.querySelector("details"), narrowed);
  }

  const named = (select) => select.selectedOptions[0].textContent;

  function asked() {
    const parts = query.value.trim() ? ["“" + query.value.trim() + "”"] : [];
    if (show.value !== "all") parts.push("“" + named(show) + "”");
    if (where.value !== "") parts.push(say("environment") + " " + named(where));
    if (owner && owner.value !== "") parts.push(say("owner") + " " + owner.value);
    return parts.join(", ");
  }

  // The address keeps the filter behind the anchor: `#f-5a2b46bc93c9?show=drift&env=prod`.
  function address() {
    const [anchor, kept] = location.hash.slice(1).split("?", 2);
    return { anchor: decoded(anchor), kept: new URLSearchParams(kept || "") };
  }

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  function keep() {
    const kept = new URLSearchParams();
    if (query.value.trim()) kept.set("q", query.value.trim());
    if (show.value !== "all") kept.set("show", show.value);
    if (where.value !== "") kept.set("env", named(where));
    if (owner && owner.value !== "") kept.set("owner", owner.value);
    const text = kept.toString(), { anchor } = address();
    const hash = "#" + anchor + (text ? "?" + text : "");
    if (hash === location.hash || (hash === "#" && location.hash === "")) return;
    try { history.replaceState(null, "", hash); } catch { /* a viewer that forbids it still filters */ }
  }

  function restore(kept) {
    const pick = (select, test) => {
      const option = Array.from(select.options).find(test);
      select.value = option ? option.value : select.options[0].value;
    };
    query.value = kept.get("q") || "";
    pick(show, (o) => o.value === kept.get("show"));
    pick(where, (o) => o.value !== "" && o.textContent === kept.get("env"));
    if (owner) pick(owner, (o) => o.value !== "" && o.value === kept.get("owner"));
  }

  function reset() {
    controls.forEach((control) => { control.value = control === show ? "all" : ""; });
    narrow();
  }

  function clear() {
    reset();
    query.focus();
  }

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  const empty = new Map();
  sections.forEach((section) => {
    const note = document.createElement("p"), words = document.createElement("span");
    note.className = "nothing";
    note.hidden = true;
    note.append(words, " ", button(say("clear"), clear));
    section.querySelector("h2").after(note);
    empty.set(section, note);
  });

  function filter() {
    const typed = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = show.value, env = where.value, who = owner ? owner.value : "";
    const narrowed = typed.length > 0 || kind !== "all" || who !== "", any = narrowed || env !== "";
    items.forEach((item) => { item.hidden = !wanted(item, typed, kind, env, who); });
    bodies.forEach(([body, own]) => { body.hidden = own.every((row) => row.hidden); });
    foldLine("more", narrowed);
    foldLine("open", narrowed);
    foldLine("agree", narrowed);
    const left = (part) => part.querySelector(".row:not([hidden]), .card:not([hidden]), .item:not([hidden])") !== null;
    holders.forEach((holder) => {
      holder.hidden = any && !left(holder);
      if (holder.matches("details")) unfold(holder, narrowed && !holder.hidden);
    });
    empty.forEach((note, section) => {
      note.hidden = !any || left(section);
      note.firstChild.textContent = note.hidden ? "" : say("nothing", { asked: asked() });
      section.classList.toggle("bare", !note.hidden);
    });
    showMarks(env);
    counters.forEach((counter) => counter.setAttribute("aria-current", String(counter.dataset.show === kind)));
    document.body.classList.toggle("narrowed", any);
    id("clear").hidden = !any;
    const seen = (list) => list.filter((item) => !item.hidden).length;
    const counts = { paths: seen(rows), allPaths: rows.length, cards: seen(cards), allCards: cards.length };
    found.textContent = any ? say("found", counts) : "";
  }

  function narrow() {
    filter();
    keep();
  }

  // A counter shows what it counts, and everything again when it is pressed once more.
  function count(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const counter = event.currentTarget, kind = counter.dataset.show;
    event.preventDefault();
    show.value = show.value === kind ? "all" : kind;
    narrow();
    if (show.value === kind) id(counter.dataset.to).scrollIntoView();
  }

  function reveal(target) {
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  function follow() {
    const { anchor, kept } = address(), plainAnchor = !location.hash.includes("?");
    if (!plainAnchor) { restore(kept); filter(); }
    const target = anchor ? id(anchor) : null;
    all(".here").forEach((element) => element.classList.remove("here"));
    if (!target) return;
    if (target.closest("[hidden]")) reset();
    else keep();
    reveal(target);
    target.classList.add("here");
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

  function offer(label, text, fallback) {
    const made = button(label, () => {
      const select = () => {
        getSelection().selectAllChildren(fallback(made));
        made.textContent = say("selected");
      };
      if (!navigator.clipboard) { select(); return; }
      navigator.clipboard.writeText(text()).then(() => { made.textContent = say("copied"); }, select);
    });
    made.className = "copy";
    return made;
  }

  function handover(card) {
    const part = (name) => card.querySelector(".parts [data-part=" + name + "]");
    const list = (name) => all("ol > li", part(name)).map(plain);
    const seen = all(".seen li", card).map((li) => plain(li.firstElementChild) + ": " + plain(li).slice(plain(li.firstElementChild).length + 1));
    const curl = card.querySelector("pre.curl"), secret = card.querySelector(".secret"), logs = part("logs");
    const mark = card.querySelector("[data-part=fingerprint]").textContent;
    const affected = all(".affected > li", card).map((li) => "- " + plain(li));
    const said = [
      "[" + plain(card.querySelector("summary .tag")) + "] " + plain(card.querySelector("h3, h4")),
      all(".where span", card).map(plain).join(" · "),
      "Seen: " + seen.join("; "),
      affected.length ? "Affected:\n" + affected.join("\n") : "",
      "Symptom: " + plain(part("symptom")),
      part("promotion") ? "Promotion:\n" + lines(part("promotion").innerText).map((line) => "- " + line).join("\n") : "",
      "Top cause, " + (list("causes")[0] || "not known"),
      "Fixes:\n" + list("fixes").map((fix) => "- " + fix).join("\n"),
      curl ? "Reproduce: " + curl.textContent + (secret ? "\n  " + plain(secret) : "") : "",
      logs ? "Logs: " + plain(logs) : "",
      "Rule: " + plain(card.querySelector(".rule")) + ", fingerprint " + mark,
      "Report: " + plain(document.querySelector(".eyebrow")),
      "Link: " + (location.protocol === "file:" ? "report.html" : location.href.split("#")[0]) + "#f-" + mark,
    ];
    return said.filter(Boolean).join("\n") + "\n";
  }

  // Once a card is open: thousands of closed ones need no buttons.
  function equip(card) {
    if (card.querySelector(".acts")) return;
    const acts = document.createElement("p");
    acts.className = "acts";
    acts.append(offer(say("copyText"), () => handover(card), (made) => {
      const shown = acts.querySelector("pre") || document.createElement("pre");
      shown.textContent = handover(card);
      made.after(shown);
      return shown;
    }));
    card.querySelector(".parts").after(acts);
    all("pre.curl", card).forEach((pre) => pre.after(offer(say("copy"), () => pre.textContent, () => pre)));
  }

  function openAll() {
    const shown = cards.filter((card) => !card.hidden), open = shown.some((card) => !card.open);
    shown.forEach((card) => { card.open = open; });
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!id("single").checked) return;
    const acts = {
      "/": () => query.focus(), n: () => step(1), p: () => step(-1), o: openAll, c: reset, "?": () => help.showModal(),
    };
    const act = acts[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  id("tools").hidden = false;
  controls.forEach((control) => control.addEventListener("input", narrow));
  counters.forEach((counter) => counter.addEventListener("click", count));
  id("clear").addEventListener("click", clear);
  id("ask").addEventListener("click", () => help.showModal());
  id("close").addEventListener("click", () => help.close());
  document.addEventListener("keydown", keys);
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details.card") && event.target.open) equip(event.target);
  }, true);
  addEventListener("hashchange", follow);
  cards.filter((card) => card.open).forEach(equip);
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed = []; });
  follow();
})();
