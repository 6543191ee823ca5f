// Stands in the bundle for a library that a dependency can do without: MQTT.js knows WebSockets and SOCKS proxies, and with
// them all of HTTP; the programs speak MQTT over TCP and TLS only. Its timers for browsers are never called.

const absent = (): never => {
  throw new Error('MQTT over WebSockets or a SOCKS proxy is no part of this program');
};

export const SocksClient = { createConnection: absent };
export const createWebSocketStream = absent;
export default absent;
