// Adds filter, search, copy and keyboard to a page that is complete without them. Builds elements, never markup.
(function () {
  "use strict";
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const id = (name) => document.getElementById(name);
  const query = id("q"), show = id("show"), where = id("env"), owner = id("owner"), found = id("found"), help = id("help");
  const controls = [query, show, where, owner].filter(Boolean);
  const rows = all(".matrix .row"), cards = all("details.card");
  const items = [...rows, ...cards, ...all(".item")];
  const holders = all(".sheet, details.fold, .why").filter((holder) => holder.querySelector(".row, .card, .item"));
  const sections = all("main > section").filter((section) => section.querySelector(".row, .card, .item"));

  // What an element says, with the full text where the page shows less.
  function plain(element) {
    const copy = element.cloneNode(true);
    all(".self, .flag", copy).forEach((part) => part.remove());
    all(".cut", copy).forEach((part) => { part.textContent = part.title; });
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  const lines = (text) => (text || "").split("\n").filter(Boolean);
  const texts = new Map();
  items.forEach((item) => {
    const card = item.matches(".card");
    const parts = card ? [item.querySelector("summary"), ...all(".affected", item)]
      : [item.querySelector(".path") || item];
    if (item.closest(".why")) parts.push(item.closest(".why").querySelector("h3"));
    const own = parts.map(plain).join(" "), told = lines(item.dataset.s);
    const said = card ? [own + " " + told.join(" ")] : [own, ...told.map((line) => own + " " + line)];
    texts.set(item, said.map((text) => text.toLowerCase()));
  });
  const speaks = (list, env) => (env === "" ? list !== "" : list.split(" ").includes(env));

  function wanted(item, words, kind, env, who) {
    if (kind === "drift" && !speaks(item.dataset.d, env)) return false;
    if (kind === "open" && !speaks(item.dataset.u, env)) return false;
    if (item.dataset.e !== undefined && !speaks(item.dataset.e, env)) return false;
    if (who !== "" && !lines(item.dataset.o).includes(who)) return false;
    return texts.get(item).some((text) => words.every((word) => text.includes(word)));
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
    line.querySelector(".shown").textContent = seen < own.length ? ", of which " + seen + (seen === 1 ? " is" : " are") + " shown" : "";
    unfold(line.querySelector("details"), narrowed);
  }

  function asked() {
    const option = (select) => select.selectedOptions[0].textContent;
    const parts = query.value.trim() ? ["“" + query.value.trim() + "”"] : [];
    if (show.value !== "all") parts.push("“" + option(show) + "”");
    if (where.value !== "") parts.push("environment " + where.selectedOptions[0].textContent);
    if (owner && owner.value !== "") parts.push("owner " + owner.value);
    return parts.join(", ");
  }

  function clear() {
    controls.forEach((control) => { control.value = control === show ? "all" : ""; });
    filter();
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
    note.append(words, " ", button("Clear", clear));
    section.querySelector("h2").after(note);
    empty.set(section, note);
  });

  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = show.value, env = where.value, who = owner ? owner.value : "";
    const narrowed = words.length > 0 || kind !== "all" || who !== "", any = narrowed || env !== "";
    items.forEach((item) => { item.hidden = !wanted(item, words, kind, env, who); });
    all(".matrix tbody").forEach((body) => {
      const own = all(".row", body);
      if (own.length) body.hidden = own.every((row) => row.hidden);
    });
    foldLine("open", narrowed);
    foldLine("agree", narrowed);
    const left = (part) => part.querySelector(".row:not([hidden]), .card:not([hidden]), .item:not([hidden])") !== null;
    holders.forEach((holder) => {
      holder.hidden = any && !left(holder);
      if (holder.matches("details")) unfold(holder, narrowed && !holder.hidden);
    });
    empty.forEach((note, section) => {
      note.hidden = !any || left(section);
      note.firstChild.textContent = note.hidden ? "" : "Nothing found for " + asked() + ".";
      section.classList.toggle("bare", !note.hidden);
    });
    showMarks(env);
    id("clear").hidden = !any;
    const count = (list) => list.filter((item) => !item.hidden).length + " of " + list.length;
    found.textContent = any ? count(rows) + " paths, " + count(cards) + " cards" : "";
  }

  function reveal(target) {
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  function follow() {
    const target = location.hash.length > 1 ? id(decodeURIComponent(location.hash.slice(1))) : null;
    if (!target) return;
    if (target.closest("[hidden]")) clear();
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

  function offer(label, text, fallback) {
    const made = button(label, () => {
      const select = () => {
        getSelection().selectAllChildren(fallback(made));
        made.textContent = "Selected: press Ctrl+C";
      };
      if (!navigator.clipboard) { select(); return; }
      navigator.clipboard.writeText(text()).then(() => { made.textContent = "Copied"; }, select);
    });
    made.className = "copy";
    return made;
  }

  function handover(card) {
    const part = (name) => card.querySelector(".five > [data-part=" + name + "]");
    const list = (name) => all("ol > li", part(name)).map(plain);
    const seen = all(".seen li", card).map((li) => plain(li.firstElementChild) + ": " + plain(li).slice(plain(li.firstElementChild).length + 1));
    const curl = card.querySelector("pre.curl"), secret = card.querySelector(".secret"), logs = part("logs");
    const mark = card.querySelector("[data-part=fingerprint]").textContent;
    const affected = all(".affected > li", card).map((li) => "- " + plain(li));
    const said = [
      "[" + plain(card.querySelector("summary .tag")) + "] " + plain(card.querySelector("h3")),
      all(".where span", card).map(plain).join(" · "),
      "Seen: " + seen.join("; "),
      affected.length ? "Affected:\n" + affected.join("\n") : "",
      "Symptom: " + plain(part("symptom")),
      "Top cause: " + (list("causes")[0] || "not known"),
      "Fixes:\n" + list("fixes").map((fix) => "- " + fix).join("\n"),
      curl ? "Reproduce: " + curl.textContent + (secret ? "\n  " + plain(secret) : "") : "",
      logs ? "Logs: " + plain(logs) : "",
      "Rule: " + plain(card.querySelector(".rule")) + ", fingerprint " + mark,
      "Link: " + location.href.split("#")[0] + "#f-" + mark,
    ];
    return said.filter(Boolean).join("\n") + "\n";
  }

  function hand(card) {
    const acts = document.createElement("p");
    acts.className = "acts";
    acts.append(offer("Copy as text", () => handover(card), (made) => {
      const shown = acts.querySelector("pre") || document.createElement("pre");
      shown.textContent = handover(card);
      made.after(shown);
      return shown;
    }));
    card.querySelector(".five").before(acts);
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
  controls.forEach((control) => control.addEventListener("input", filter));
  id("clear").addEventListener("click", clear);
  id("ask").addEventListener("click", () => help.showModal());
  id("close").addEventListener("click", () => help.close());
  document.addEventListener("keydown", keys);
  addEventListener("hashchange", follow);
  all("pre.curl").forEach((pre) => pre.after(offer("Copy", () => pre.textContent, () => pre)));
  cards.forEach(hand);
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed = []; });
  filter();
  follow();
})();
