// The committed schema follows the design rules of eslint.config.mjs; the linter reads it as text, so that its place does not matter.
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { sdl } from "../service.mjs";

const cwd = fileURLToPath(new URL(".", import.meta.url));
const [result] = await new ESLint({ cwd }).lintText(sdl, { filePath: `${cwd}schema.graphql`, warnIgnored: true });
for (const { line, column, message, ruleId } of result.messages) {
  console.error(`schema.graphql:${line}:${column} ${message} (${ruleId})`);
}
if (result.messages.length > 0) {
  console.error(`${result.messages.length} findings in schema.graphql`);
  process.exit(1);
}
console.log(`schema.graphql: ${sdl.split("\n").length} lines without a finding`);
