// Stands in the bundle for sonic-boom, with which pino writes to files: the programs hand pino a writer of their own. It would
// load Node's assertions at each start. pino asks whether a writer is one of these, so it is a class.

module.exports = class SonicBoom {
  constructor() {
    throw new Error('a log that writes to a file by itself is no part of this program');
  }
};
