// Evaluates expressions of GitHub Actions as GitHub's own library does: {contexts, failed, expressions} on standard input, a list
// of texts on standard output. An unknown context or function, or a slip in the grammar, ends it with an error.
import { readFileSync } from "node:fs";
import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from "@actions/expressions";

const asked = JSON.parse(readFileSync(0, "utf8"));
const contexts = JSON.parse(JSON.stringify(asked.contexts), data.reviver);
const functions = new Map(Object.entries(wellKnownFunctions));
const status = { success: !asked.failed, failure: asked.failed, always: true, cancelled: false };
for (const [name, value] of Object.entries(status)) {
  functions.set(name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) });
}

function evaluate(text) {
  const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(asked.contexts), [...functions.values()]).parse();
  return new Evaluator(tree, contexts, functions).evaluate().coerceString();
}

process.stdout.write(JSON.stringify(asked.expressions.map(evaluate)));
