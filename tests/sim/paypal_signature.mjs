// SPDX-License-Identifier: Apache-2.0
//
// PayPal's signature on a notice, checked by Node's crypto as PayPal's guide says: node paypal_signature.mjs, with {body, id, time, webhook,
// signature, certificate} as JSON on standard input. Prints whether it is right, and whether it still is when one letter of anything changes.
import crypto from 'node:crypto';

let given = '';
process.stdin.setEncoding('utf8');
for await (const piece of process.stdin) given += piece;
const notice = JSON.parse(given);

function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

function isRight({body, id, time, webhook, signature, certificate}) {
  const signed = `${id}|${time}|${webhook}|${crc32(Buffer.from(body))}`;
  return crypto.verify('RSA-SHA256', Buffer.from(signed), new crypto.X509Certificate(certificate).publicKey, Buffer.from(signature, 'base64'));
}

const changed = (text) => (text[9] === 'A' ? text.slice(0, 9) + 'B' : text.slice(0, 9) + 'A') + text.slice(10);
console.log(JSON.stringify({
  right: isRight(notice),
  changed: ['body', 'id', 'time', 'webhook', 'signature'].filter((name) => isRight({...notice, [name]: changed(notice[name])})),
}));
