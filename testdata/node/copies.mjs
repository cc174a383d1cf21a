// Copies the images of a manifest through Meta's official SDK as a script of its users would:
// batches of 50, a number of them at a time, no checkpoint, no reading.
//
//	ADFERRY_ENDPOINT=... node copies.mjs FOLDER_WITH_THE_SDK MANIFEST WORKERS
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [folder, manifest, workers] = process.argv.slice(2);
const sdk = createRequire(path.join(folder, 'package.json'))('facebook-nodejs-business-sdk');
const {FacebookAdsApi, FacebookAdsApiBatch} = sdk;

// The host is all that is changed: the SDK takes it from this getter.
Object.defineProperty(FacebookAdsApi, 'GRAPH', {get: () => process.env.ADFERRY_ENDPOINT});
const api = FacebookAdsApi.init('token', 'en_US', false); // no crash reports to anyone

const rows = fs.readFileSync(manifest, 'utf8').trimEnd().split('\n').slice(1).map(line => line.split(','));
let next = 0;
let copied = 0;
const work = async () => {
  while (next < rows.length) {
    const batch = new FacebookAdsApiBatch(api);
    for (const [source, hash, target] of rows.slice(next, next += 50)) {
      const heard = response => {
        if (response.body.images[hash].hash === hash) copied++;
      };
      batch.add('POST', [target, 'adimages'], {copy_from: {source_account_id: source.slice(4), hash}}, undefined, heard, heard);
    }
    await batch.execute();
  }
};
await Promise.all(Array.from({length: Number(workers)}, work));
if (copied !== rows.length) throw new Error(`copied ${copied} of ${rows.length}`);
