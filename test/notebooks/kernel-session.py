"""A kernel of a project, without a notebook: does what each line of stdin says, and answers with a line of JSON.

    .venv/bin/python test/notebooks/kernel-session.py NODE PROJECT

{"cell": CODE} runs a cell; {"ask": MESSAGE_TYPE, "content": {...}} sends what a front end may ask beside cells; {"interrupt": true}
does what the interrupt button does. What the last cell shows after its end comes under "late".
"""

import json
import sys
from queue import Empty

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

NODE, PROJECT = sys.argv[1:]
PATIENCE = 240


class Manager(KernelManager):
    @property
    def kernel_spec(self):
        start = [NODE, f"{PROJECT}/setup/start-kernel.cjs", "kernel", "--config-path", "{connection_file}"]
        return KernelSpec(argv=start, display_name="TypeScript", language="typescript", interrupt_mode="signal")


def published(client, request):
    """What is published until the kernel is idle after a request, and what belongs to other requests."""
    own, others = [], []
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") != request:
            others.append(message)
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return own, others
        else:
            own.append(message)


def text(messages, name=None):
    streams = [m["content"] for m in messages if m["msg_type"] == "stream"]
    return "".join(s["text"] for s in streams if name is None or s["name"] == name)


def reply(client, request):
    while True:
        message = client.get_shell_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == request:
            return message


def main() -> None:
    manager = Manager(kernel_name="tslab")
    manager.start_kernel(cwd=PROJECT, stdout=sys.stderr)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        for line in sys.stdin:
            wanted = json.loads(line)
            if "cell" in wanted:
                request = client.execute(wanted["cell"])
                answer = reply(client, request)
                own, _ = published(client, request)
                out = {"status": answer["content"]["status"], "text": text(own, "stdout"), "error": text(own, "stderr")}
            elif "interrupt" in wanted:
                manager.interrupt_kernel()
                out = {}
            else:
                message = client.session.msg(wanted["ask"], wanted.get("content", {}))
                client.shell_channel.send(message)
                own, others = published(client, message["header"]["msg_id"])
                out = {"late": text(own) + text(others)}
                if not wanted["ask"].startswith("comm_") or wanted["ask"].endswith("_request"):
                    answer = reply(client, message["header"]["msg_id"])
                    out |= {"type": answer["msg_type"], "content": answer["content"]}
            print(json.dumps(out), flush=True)
    except Empty:
        print(json.dumps({"status": "silent"}), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
