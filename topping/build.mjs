// Builds the topping's zip: writes the app's address into a copy, lets zet validate and pack it, and looks into the zip.
// TOPPING_URL=https://… node build.mjs
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const build = join(here, "..", "build");
const project = join(build, "books-for-bigin");
const EXPECTED = [
  "app/address.js", "app/button.html", "app/loader.css", "app/loader.js", "app/record.html", "app/settings.html",
  "app/translations/en.json", "plugin-manifest.json",
];

const fail = (text) => {
  console.error(`topping: ${text}`);
  process.exit(1);
};

const addressOf = (text) => {
  let address;
  try {
    address = new URL(text);
  } catch {
    return fail(`TOPPING_URL is no address: ${text}`);
  }
  const bare = address.pathname === "/" && !address.search && !address.hash && !address.username;
  if (address.protocol !== "https:" || !bare) fail("TOPPING_URL must be https://host, without a path: Bigin frames nothing else");
  return address.origin;
};

const copyProject = (address) => {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  cpSync(join(here, "app"), join(project, "app"), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(here, "plugin-manifest.json"), "utf8"));
  manifest.cspDomains["connect-src"] = [address];
  writeFileSync(join(project, "plugin-manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const script = readFileSync(join(here, "app", "address.js"), "utf8");
  const written = script.replace(/"https:[^"]*"/, JSON.stringify(address));
  if (!written.includes(JSON.stringify(address))) fail("address.js does not hold the address where it is looked for");
  writeFileSync(join(project, "app", "address.js"), written);
};

// zet keeps notes in the person's home and asks the registry for news; neither belongs into a build.
const environment = { ...process.env, NO_UPDATE_NOTIFIER: "1", HOME: build, XDG_CONFIG_HOME: join(build, ".config") };
const zet = (command) => {
  const tool = join(here, "node_modules", ".bin", "zet");
  if (!existsSync(tool)) fail("zet is not installed: run npm ci in topping/");
  const run = spawnSync(tool, [command], { cwd: project, env: environment, encoding: "utf8" });
  process.stdout.write(run.stdout + run.stderr);
  if (run.status !== 0) fail(`zet ${command} ended with ${run.status}`);
};

const lookInto = (zip) => {
  if (!existsSync(zip)) fail("zet pack made no zip");
  const AdmZip = createRequire(import.meta.url)("adm-zip");
  const inside = new AdmZip(zip).getEntries().filter((entry) => !entry.isDirectory).map((entry) => entry.entryName).sort();
  if (JSON.stringify(inside) !== JSON.stringify([...EXPECTED].sort())) fail(`the zip holds ${inside.join(", ")}`);
  console.log(`topping: ${zip}, ${statSync(zip).size} bytes, ${inside.length} files`);
};

copyProject(addressOf(process.env.TOPPING_URL || "https://books-for-bigin.example"));
zet("validate");
zet("pack");
lookInto(join(project, "dist", "books-for-bigin.zip"));
