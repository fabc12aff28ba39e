// A central system on the npm package ocpp-rpc in strict mode. Orders come as JSON lines on standard input, what it
// saw goes out as JSON lines. It ends with the input. PEER (environment): password.
const { createInterface } = require('node:readline');
const { RPCServer, createRPCError } = require('ocpp-rpc');

const options = JSON.parse(process.env.PEER);
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const clients = new Map();
let connections = 0;
let transactions = 8000;

const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.auth((accept, reject, handshake) => {
    const password = handshake.password?.toString() ?? '';
    tell({ event: 'login', identity: handshake.identity, password });
    if (password === options.password) accept({}, 'ocpp1.6');
    else reject(401);
});
server.on('client', (client) => {
    const connection = String((connections += 1));
    clients.set(client.identity, client);
    tell({ event: 'connected', identity: client.identity, protocol: client.protocol });
    client.on('strictValidationFailure', ({ error, method, outbound }) => {
        tell({ event: 'violation', method, outbound, error: String(error) });
    });
    const on = (method, answer) => client.handle(method, ({ params }) => {
        tell({ event: 'call', identity: client.identity, connection, method, params });
        return answer(params);
    });
    const moment = () => new Date().toISOString();
    on('BootNotification', () => ({ status: 'Accepted', interval: 300, currentTime: moment() }));
    on('Heartbeat', () => ({ currentTime: moment() }));
    on('StatusNotification', () => ({}));
    on('Authorize', () => ({ idTagInfo: { status: 'Accepted' } }));
    on('StartTransaction', () => ({ transactionId: (transactions += 1), idTagInfo: { status: 'Accepted' } }));
    on('MeterValues', () => ({}));
    on('StopTransaction', () => ({}));
    on('DataTransfer', ({ data }) => ({ status: 'Accepted', data: `heard ${data}` }));
    client.handle(({ method, params }) => {
        tell({ event: 'call', identity: client.identity, connection, method, params });
        throw createRPCError('NotImplemented');
    });
});

async function main() {
    const http = await server.listen(0, '127.0.0.1');
    tell({ event: 'listening', port: http.address().port });
    for await (const line of createInterface({ input: process.stdin })) {
        const { identity, method, params } = JSON.parse(line);
        try {
            tell({ event: 'done', answer: await clients.get(identity).call(method, params) });
        } catch (error) {
            tell({ event: 'done', answer: { error: error.rpcErrorCode ?? String(error) } });
        }
    }
    await server.close({ force: true });
}

main().catch((error) => {
    tell({ event: 'failed', error: String(error) });
    process.exit(1);
});
