// SPDX-License-Identifier: Apache-2.0
//
// PayPal's own library for Node against a simulated PayPal: node paypal_library.mjs LIBRARY PORT CLIENT SECRET. The library speaks https to
// PayPal's sandbox and to nothing else, so its agent dials a door of ours that stands under the name of the sandbox, and trusts a test's
// authority alone. Prints one JSON object.
import {createRequire} from 'node:module';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

const SANDBOX = 'api-m.sandbox.paypal.com';
const [library, port, oAuthClientId, oAuthClientSecret] = process.argv.slice(2);
const paypal = createRequire(library)(library);

let given = '';
process.stdin.setEncoding('utf8');
for await (const piece of process.stdin) given += piece;
const {authority, certificate, key} = JSON.parse(given);

// TLS outside, the simulator's plain HTTP behind it.
const door = tls.createServer({cert: certificate, key}, (outside) => {
  const inside = net.connect(Number(port), '127.0.0.1');
  for (const socket of [outside, inside]) socket.on('error', () => [outside, inside].forEach((one) => one.destroy()));
  outside.pipe(inside).pipe(outside);
});
await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));

function clientThatTrusts(ca) {
  const httpsAgent = new https.Agent();
  httpsAgent.createConnection = (options) => tls.connect({...options, ca, host: '127.0.0.1', port: door.address().port, servername: SANDBOX});
  return new paypal.Client({environment: paypal.Environment.Sandbox, clientCredentialsAuthCredentials: {oAuthClientId, oAuthClientSecret},
    httpClientOptions: {httpsAgent}});
}

const client = clientThatTrusts(authority);
const orders = new paypal.OrdersController(client);
const payments = new paypal.PaymentsController(client);
const prefer = 'return=representation';
const dollars = (value) => ({currencyCode: 'USD', value});
const orderBy = (name) => ({
  intent: paypal.CheckoutPaymentIntent.Authorize,
  purchaseUnits: [{referenceId: 'p1', customId: 'node', amount: dollars('10.99')}],
  paymentSource: {card: {number: '4012888888881881', expiry: '2030-12', securityCode: '123', name}},
});
const holdOf = (order) => order.purchaseUnits[0].payments.authorizations[0];

const {result: made} = await orders.createOrder({body: orderBy('A Person'), paypalRequestId: 'node-1', prefer});
const {result: again} = await orders.createOrder({body: orderBy('A Person'), paypalRequestId: 'node-1', prefer});
const {result: read} = await orders.getOrder({id: made.id});
const {result: captured} = await payments.captureAuthorizedPayment({authorizationId: holdOf(made).id, paypalRequestId: 'node-2', prefer,
  body: {amount: dollars('6.00'), finalCapture: true}});
const {result: refund} = await payments.refundCapturedPayment({captureId: captured.id, paypalRequestId: 'node-3', prefer,
  body: {amount: dollars('1.00')}});
const {result: capture} = await payments.getCapturedPayment({captureId: captured.id});
const {result: refundRead} = await payments.getRefund({refundId: refund.id});
const {result: denied} = await orders.createOrder({body: orderBy('CCREJECT-IF'), paypalRequestId: 'node-4', prefer});
const missing = await orders.getOrder({id: '5O190127TN364715T'}).catch((error) => error);
const stranger = await new paypal.OrdersController(clientThatTrusts([])).getOrder({id: made.id}).catch((error) => error);
door.close();

console.log(JSON.stringify({
  held: [holdOf(made).status, holdOf(made).amount.value], same: made.id === again.id, read: [read.id === made.id, read.status],
  captured: [captured.status, captured.amount.value], refund: [refund.status, refund.amount.value], capture: capture.status,
  refundRead: refundRead.status, denied: [holdOf(denied).status, holdOf(denied).processorResponse?.responseCode],
  missing: [missing.statusCode, missing.result?.name], stranger: stranger.code,
}));
