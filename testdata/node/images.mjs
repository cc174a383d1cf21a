// Works on ad images through Meta's official SDK as a program of its users would,
// and prints what it was told as one JSON document.
//
//	node images.mjs FOLDER_WITH_THE_SDK ENDPOINT
import {createRequire} from 'node:module';
import path from 'node:path';

const [folder, endpoint] = process.argv.slice(2);
const sdk = createRequire(path.join(folder, 'package.json'))('facebook-nodejs-business-sdk');
const {FacebookAdsApi, FacebookAdsApiBatch, AdAccount, AdImage} = sdk;

// The host is all that is changed: the SDK takes it from this getter.
Object.defineProperty(FacebookAdsApi, 'GRAPH', {get: () => endpoint});

const api = FacebookAdsApi.init('token', 'en_US', false); // no crash reports to anyone
const first = new AdAccount('act_111');
const second = new AdAccount('act_222');
const {hash, id, status, created_time} = AdImage.Fields;
const missing = 'f'.repeat(32);
const told = {version: FacebookAdsApi.VERSION};

// Bytes.
told.uploaded = [];
for (let i = 0; i < 30; i++) {
  const bytes = Buffer.from(`picture ${i} + / = & %`).toString('base64');
  const image = await first.createAdImage([], {bytes});
  told.uploaded.push(image._data.images.bytes.hash);
}

// Pages, there and back.
const hashesOf = cursor => cursor.map(image => image[hash]);
let cursor = await first.getAdImages([hash, id, status, created_time], {limit: 12});
told.pages = [hashesOf(cursor)];
told.image = cursor[0]._data;
while (cursor.hasNext()) {
  cursor = await cursor.next();
  told.pages.push(hashesOf(cursor));
}
cursor = await cursor.previous();
told.previous = hashesOf(cursor);

// Named images alone.
cursor = await first.getAdImages([hash], {hashes: [told.uploaded[3], missing, told.uploaded[1]]});
told.named = hashesOf(cursor);

// Copies.
told.copied = [];
for (const from of told.uploaded.slice(0, 3)) {
  const image = await second.createAdImage([], {copy_from: {source_account_id: '111', hash: from}});
  told.copied.push(image._data.images[from].hash);
}

// A batch: copies, a read, a deletion, and a deletion of what is not there.
told.batch = [];
const batch = new FacebookAdsApiBatch(api);
const add = (method, account, params) => {
  const heard = response => told.batch.push({method, status: response.status, body: response.body, ok: response.isSuccess});
  batch.add(method, [account, 'adimages'], params, undefined, heard, heard);
};
for (const from of told.uploaded.slice(3, 5)) {
  add('POST', 'act_222', {copy_from: {source_account_id: '111', hash: from}});
}
add('GET', 'act_222', {fields: 'hash,status', hashes: told.copied, limit: 50});
add('DELETE', 'act_111', {hash: told.uploaded[5]});
add('DELETE', 'act_111', {hash: missing});
told.again = await batch.execute();

// A deletion, and how a mistake looks.
told.deleted = await first.deleteAdImages({hash: told.uploaded[6]});
try {
  await first.deleteAdImages({hash: missing});
} catch (e) {
  told.mistake = {name: e.name, status: e.status, code: e.response.code, trace: e.response.fbtrace_id, message: e.message};
}

// Headers.
api.setShowHeader(true);
cursor = await second.getAdImages([hash], {limit: 1});
told.usage = JSON.parse(cursor.headers['x-business-use-case-usage']);

console.log(JSON.stringify(told));
