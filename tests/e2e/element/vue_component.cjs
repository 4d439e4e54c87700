// Compiles a Vue component from standard input to a module on standard output, as a project's build would.
const { readFileSync } = require("node:fs");
const { compileScript, parse } = require("@vue/compiler-sfc");

const { descriptor, errors } = parse(readFileSync(0, "utf8"));
if (errors.length) throw errors[0];
const compilerOptions = { isCustomElement: (tag) => tag === "cc-sdk" };
const { content } = compileScript(descriptor, { id: "cc", inlineTemplate: true, templateOptions: { compilerOptions } });
process.stdout.write(content);
