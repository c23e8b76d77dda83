/** What front ends ask, and tslab answers by a line in the cell that ran last, or under another message's name. */
const { createHmac, randomUUID } = require('node:crypto');
const { ZmqServer } = require('tslab/dist/jupyter');

/** What tslab takes itself. */
const known = ['kernel_info', 'execute', 'is_complete', 'inspect', 'complete', 'shutdown'].map(
  (name) => `${name}_request`,
);

/** Answers of a kernel that keeps no history and shows no widgets. Messages that ask nothing (comm_open, comm_msg) get none. */
const answers = {
  history_request: { msg_type: 'history_reply', content: { status: 'ok', history: [] } },
  comm_info_request: { msg_type: 'comm_info_reply', content: { status: 'ok', comms: {} } },
};

exports.answerAllMessages = function () {
  const { handleShellMessage } = ZmqServer.prototype;
  ZmqServer.prototype.handleShellMessage = async function (socket, ...parts) {
    const start = parts.findIndex((part) => part.toString() === '<IDS|MSG>');
    const parent = JSON.parse(parts[start + 2].toString());
    if (known.includes(parent.msg_type)) return handleShellMessage.call(this, socket, ...parts);
    const { key } = this.connInfo;
    const status = (execution_state) => message({ key, parent, msg_type: 'status', content: { execution_state } });
    await this.iopub.send(status('busy'));
    const answer = answers[parent.msg_type];
    if (answer) await socket.send([...parts.slice(0, start), ...message({ key, parent, ...answer })]);
    await this.iopub.send(status('idle'));
  };
};

/**
 * tslab sends without waiting for what it sent before, and ZeroMQ refuses a message while another is still being written: on a busy
 * machine a line of progress would end the run that it is of. Each message waits for its turn.
 * @param sockets ZeroMQ's classes of sockets that messages are sent on
 */
exports.sendInTurn = function (sockets) {
  for (const { prototype } of sockets) {
    const { send } = prototype;
    /** What each socket is still to write. */
    const writing = new WeakMap();
    prototype.send = function (...message) {
      const before = writing.get(this);
      const write = () => send.apply(this, message);
      const sent = before === undefined ? write() : before.then(write);
      const settled = sent
        .catch(() => undefined)
        .then(() => {
          if (writing.get(this) === settled) writing.delete(this);
        });
      writing.set(this, settled);
      return sent;
    };
  }
};

/** Calls back once, when a front end has been told what kernel this is. */
exports.whenAsked = function (callback) {
  const { handleKernelInfo } = ZmqServer.prototype;
  ZmqServer.prototype.handleKernelInfo = function (...given) {
    ZmqServer.prototype.handleKernelInfo = handleKernelInfo;
    handleKernelInfo.apply(this, given);
    callback();
  };
};

/** @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol */
function message({ key, parent, msg_type, content }) {
  const { session, username, version } = parent;
  const header = { session, username, version, msg_type, msg_id: randomUUID(), date: new Date().toISOString() };
  const parts = [header, parent, {}, content].map((part) => JSON.stringify(part));
  const signature = parts.reduce((hash, part) => hash.update(part), createHmac('sha256', key)).digest('hex');
  return ['<IDS|MSG>', signature, ...parts];
}
