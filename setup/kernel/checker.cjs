/**
 * What tslab asks of TypeScript, answered by a thread of its own: it reads the types while the kernel loads the library, and a
 * kernel without TypeScript in it begins sooner.
 */
const path = require('node:path');
const { MessageChannel, Worker, receiveMessageOnPort } = require('node:worker_threads');

/**
 * Starts the thread; it works in the folder of this process.
 * @param {object} options
 * @param {string} options.root the project's folder
 * @param {() => string[]} options.held modules that were edited, and with whose former state cells go on
 * @param {(source: string) => void} options.meanwhile what can be done for a cell while its types are checked
 */
exports.startChecker = function ({ root, held, meanwhile }) {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(path.join(__dirname, 'checker-thread.cjs'), {
    workerData: { root, port: port2 },
    transferList: [port2],
  });
  // The kernel ends when its sockets are closed.
  worker.unref();
  port.unref();

  const post = (asked, ...given) => {
    const answered = new Int32Array(new SharedArrayBuffer(4));
    port.postMessage({ asked, given, answered });
    return answered;
  };
  const answerOf = (answered) => {
    Atomics.wait(answered, 0, 0);
    const { message } = receiveMessageOnPort(port);
    if (message.error) throw message.error;
    return message.value;
  };
  const ask = (...question) => answerOf(post(...question));

  return {
    /** In place of tslab's `converter`. */
    converter: {
      createConverter: () => ({
        convert(previous, source) {
          const answered = post('convert', held(), previous, source);
          meanwhile(source);
          return answerOf(answered);
        },
        inspect: (...given) => ask('inspect', ...given),
        complete: (...given) => ask('complete', ...given),
        addModule: (...given) => ask('addModule', ...given),
        close: () => void worker.terminate(),
      }),
      isCompleteCode: (source) => ask('isCompleteCode', source),
    },

    /** Keeps what the thread compiled for the next kernel; the thread does so itself after a cell. */
    keep: () => ask('keep'),

    /** In place of tslab's `metadata`: what a cell's documentation comments say of it. */
    metadata: { getCodeMetadata: (source) => (source.includes('/**') ? ask('getCodeMetadata', source) : {}) },
  };
};
