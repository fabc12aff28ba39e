// A peer: a central system on the npm package ocpp-rpc in strict mode, recording nothing.
const { RPCServer, createRPCError } = require("ocpp-rpc");

const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
server.auth((accept) => accept());
server.on("client", (client) => {
  client.handle("BootNotification", () => ({
    status: "Accepted",
    interval: 300,
    currentTime: new Date().toISOString(),
  }));
  client.handle("Heartbeat", () => ({ currentTime: new Date().toISOString() }));
  client.handle("MeterValues", () => ({}));
  client.handle(() => {
    throw createRPCError("NotImplemented");
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1").then(() => console.log("ready"));
