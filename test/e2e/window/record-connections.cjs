/** Loaded into every Node process of a run by NODE_OPTIONS: writes down where each tries to connect, name look-ups included. */
'use strict';
const { appendFileSync } = require('node:fs');
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

const note = (what) => appendFileSync(process.env.LATHE_TEST_CONNECTIONS, `${what}\n`);

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const { host, port, path } =
    typeof options === 'object'
      ? options
      : typeof options === 'string'
        ? { path: options }
        : { port: options, host: args[1] };
  if (path === undefined) note(`${host ?? 'localhost'}:${port}`);
  return connect.apply(this, args);
};
for (const look of [dns, dns.promises]) {
  const { lookup } = look;
  look.lookup = function (name, ...rest) {
    if (!net.isIP(name) && name !== 'localhost') note(`name ${name}`);
    return lookup.call(this, name, ...rest);
  };
}
const { send } = dgram.Socket.prototype;
dgram.Socket.prototype.send = function (...args) {
  note('a datagram');
  return send.apply(this, args);
};
