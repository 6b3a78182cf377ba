// A foreign judge of receipts: @sigstore/verify decides, through what its packages export; this file only hands over.
// Each line of standard input is one case, as tests/evidence/bundles.py writes it: a sigstore bundle, a trusted root,
// the keys of the bodies by their hints, and how many log entries are asked for. Each line of output is one verdict:
// "accepted", or the code and the words of the refusal.
import { createInterface } from "node:readline";
import { bundleFromJSON } from "@sigstore/bundle";
import { PublicKey, TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from "@sigstore/verify";

function verdict({ bundle, root, keys, entries }) {
  const known = Object.entries(keys).map(([hint, key]) => [hint, PublicKey.fromJSON(key)]);
  const trust = toTrustMaterial(TrustedRoot.fromJSON(root), Object.fromEntries(known));
  const verifier = new Verifier(trust, { tlogThreshold: entries, timestampThreshold: 0 });
  const entity = toSignedEntity(bundleFromJSON(bundle));
  try {
    verifier.verify(entity);
    return "accepted";
  } catch (error) {
    // whatever else is thrown is a fault of the translation, not a verdict: the process dies of it
    if (!(error instanceof VerificationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(verdict(JSON.parse(line)));
}
