// SPDX-License-Identifier: Apache-2.0
//
// Stripe's own library for Node against a simulated Stripe: node stripe_library.mjs LIBRARY PORT KEY. Prints one JSON object.
import {createRequire} from 'node:module';

const [library, port, key] = process.argv.slice(2);
const Stripe = createRequire(library)(library);
const stripe = new Stripe(key, {apiVersion: '2023-08-16', host: '127.0.0.1', port: Number(port), protocol: 'http', telemetry: false,
  maxNetworkRetries: 2});

const card = {amount: 1099, currency: 'usd', confirm: true, payment_method: 'pm_card_visa', payment_method_types: ['card']};
const held = await stripe.paymentIntents.create({...card, capture_method: 'manual', metadata: {gateway_payment_id: 'node'}},
  {idempotencyKey: 'node-1'});
const again = await stripe.paymentIntents.create({...card, capture_method: 'manual', metadata: {gateway_payment_id: 'node'}},
  {idempotencyKey: 'node-1'});
const captured = await stripe.paymentIntents.capture(held.id, {amount_to_capture: 600});
const refund = await stripe.refunds.create({payment_intent: held.id, amount: 100});
const read = await stripe.paymentIntents.retrieve(held.id, {expand: ['latest_charge']});
const declined = await stripe.paymentIntents.create({...card, payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds'})
  .catch((error) => error);
const found = await stripe.paymentIntents.search({query: 'metadata[\'gateway_payment_id\']:\'node\''});

const listed = [];
for await (const intent of stripe.paymentIntents.list({limit: 1})) listed.push(intent.id);

let notice = '';
process.stdin.setEncoding('utf8');
for await (const piece of process.stdin) notice += piece;
const {body, signature, secret} = JSON.parse(notice);
const event = stripe.webhooks.constructEvent(body, signature, secret);
const forged = (() => {
  try {
    return stripe.webhooks.constructEvent(body.replace('1099', '1'), signature, secret).id;
  } catch (error) {
    return error.type;
  }
})();

console.log(JSON.stringify({
  held: held.status, same: held.id === again.id, captured: captured.amount_received, refund: refund.status,
  refunded: read.latest_charge.amount_refunded, declined: [declined.type, declined.code, declined.decline_code, declined.statusCode],
  found: found.data.map((intent) => intent.id === held.id), listed: listed.length, event: event.type, forged,
}));
