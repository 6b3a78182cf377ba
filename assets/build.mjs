// Builds the front-end parts into zhunsheng/web/static/built: own scripts bundled, licences beside them.
import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";

const out = "zhunsheng/web/static/built";
await rm(out, { recursive: true, force: true });
await mkdir(`${out}/licences`, { recursive: true });
await build({
  entryPoints: {
    site: "assets/site.js", chart: "assets/chart.js", onsite: "assets/onsite.js", "onsite-worker": "assets/onsite-worker.js",
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  legalComments: "none",
  logLevel: "warning",
});
for (const name of ["htmx.org", "echarts", "zrender"]) {
  await copyFile(`node_modules/${name}/LICENSE`, `${out}/licences/${name}.txt`);
}
