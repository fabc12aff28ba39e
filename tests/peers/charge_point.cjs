// A charge point on the npm package ocpp-rpc in strict mode. Orders come as JSON lines on standard input, what it
// saw goes out as JSON lines. It ends with the input. PEER (environment): endpoint, identity, password, vendor, model.
const { createInterface } = require('node:readline');
const { RPCClient, createRPCError } = require('ocpp-rpc');

const options = JSON.parse(process.env.PEER);
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const keys = new Map([
    ['GetConfigurationMaxKeys', { value: '10', readonly: true }],
    ['HeartbeatInterval', { value: '300', readonly: false }],
    ['NumberOfConnectors', { value: '1', readonly: true }],
    ...Object.entries(options.keys ?? {}).map(([key, value]) => [key, { value, readonly: false }]),
]);

const client = new RPCClient({
    endpoint: options.endpoint,
    identity: options.identity,
    password: options.password,
    protocols: ['ocpp1.6'],
    strictMode: true,
    reconnect: false,
    callTimeoutMs: 10_000,
});

const call = client.call.bind(client);
client.call = (method, params) => {
    tell({ event: 'sent', method, params });
    return call(method, params);
};

client.on('strictValidationFailure', ({ error, method, outbound }) => {
    tell({ event: 'violation', method, outbound, error: String(error) });
});
client.on('close', () => tell({ event: 'closed' }));

function received(method, params) {
    tell({ event: 'call', method, params });
}

client.handle('GetConfiguration', ({ params }) => {
    received('GetConfiguration', params);
    const asked = params.key?.length ? params.key : [...keys.keys()];
    return {
        configurationKey: asked.filter((key) => keys.has(key)).map((key) => ({ key, ...keys.get(key) })),
        unknownKey: asked.filter((key) => !keys.has(key)),
    };
});
client.handle('ChangeConfiguration', ({ params }) => {
    received('ChangeConfiguration', params);
    const entry = keys.get(params.key);
    if (!entry) return { status: 'NotSupported' };
    if (entry.readonly) return { status: 'Rejected' };
    entry.value = params.value;
    return { status: 'Accepted' };
});
client.handle('ChangeAvailability', ({ params }) => {
    received('ChangeAvailability', params);
    const status = params.type === 'Operative' ? 'Available' : 'Unavailable';
    setImmediate(() => Promise.all([0, 1].map((connector) => report(connector, status))));
    return { status: 'Accepted' };
});
client.handle('TriggerMessage', ({ params }) => {
    received('TriggerMessage', params);
    if (params.requestedMessage !== 'StatusNotification') return { status: 'NotImplemented' };
    setImmediate(() => Promise.all([0, 1].map((connector) => report(connector, 'Available'))));
    return { status: 'Accepted' };
});
for (const method of ['RemoteStartTransaction', 'RemoteStopTransaction', 'ClearCache', 'Reset', 'SendLocalList']) {
    client.handle(method, ({ params }) => {
        received(method, params);
        return { status: 'Accepted' };
    });
}
client.handle('UnlockConnector', ({ params }) => {
    received('UnlockConnector', params);
    return { status: 'Unlocked' };
});
client.handle('GetLocalListVersion', ({ params }) => {
    received('GetLocalListVersion', params);
    return { listVersion: 7 };
});
client.handle(({ method, params }) => {
    received(method, params);
    throw createRPCError('NotImplemented');
});

const report = (connectorId, status) =>
    client.call('StatusNotification', { connectorId, errorCode: 'NoError', status });
const moment = () => new Date().toISOString();

const orders = {
    async boot() {
        const answer = await client.call('BootNotification', {
            chargePointVendor: options.vendor,
            chargePointModel: options.model,
            firmwareVersion: '1.0',
        });
        await report(0, 'Available');
        await report(1, 'Available');
        return answer;
    },
    orphan: () => client.call('StopTransaction', { transactionId: -1, meterStop: 1, timestamp: moment() }),
    transfer: ({ data }) => client.call('DataTransfer', { vendorId: 'peer', data }),
    heartbeat: () => client.call('Heartbeat', {}),
    async charge() {
        await report(1, 'Preparing');
        const { idTagInfo } = await client.call('Authorize', { idTag: 'PEER-CARD' });
        const start = await client.call('StartTransaction', {
            connectorId: 1, idTag: 'PEER-CARD', meterStart: 0, timestamp: moment(),
        });
        await report(1, 'Charging');
        await client.call('MeterValues', {
            connectorId: 1,
            transactionId: start.transactionId,
            meterValue: [{ timestamp: moment(), sampledValue: [{ value: '5.5', unit: 'kWh', measurand: 'Energy.Active.Import.Register' }] }],
        });
        await report(1, 'Finishing');
        await client.call('StopTransaction', {
            transactionId: start.transactionId, meterStop: 5500, timestamp: moment(), reason: 'Local',
        });
        await report(1, 'Available');
        return { authorized: idTagInfo.status, transactionId: start.transactionId, started: start.idTagInfo.status };
    },
};

async function main() {
    await client.connect();
    tell({ event: 'connected', protocol: client.protocol });
    for await (const line of createInterface({ input: process.stdin })) {
        const { order, ...rest } = JSON.parse(line);
        tell({ event: 'done', order, answer: await orders[order](rest) });
    }
    await client.close();
}

main().catch((error) => {
    tell({ event: 'failed', error: String(error) });
    process.exitCode = 1;
    return client.close().catch(() => {});
});
