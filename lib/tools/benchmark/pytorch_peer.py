"""The rows of `npm run bench` in PyTorch: the peer that this library is measured against.

Run by lib/tools/benchmark, as `pytorch_peer.py THREADS DEVICE`, which speaks one JSON object a line with it: {"row": name, "mode": "eager" | "compile"}
runs that row once and answers {"milliseconds": ...}, or {"absent": why}; {"row": name, "mode": "memory"} answers
{"peakBytes": ...}, the growth of resident memory while the row runs. The workloads are those of rows.ts: same shapes,
same operations, written as one would in PyTorch (functional parameters, torch.autograd.grad with create_graph).
"""

import json
import math
import os
import sys
import threading
import time

import torch
import torch.nn.functional as F

torch.manual_seed(0)

# 'cpu', or 'cuda' where haba computes on a GPU.
DEVICE = sys.argv[2]


def convnet_parameters(width, classes=10, channels=3, size=32, depth=3):
    """ConvNet: depth x (3x3 convolution, instance norm, relu, 2x2 average pooling), then a linear classifier."""
    parameters = []
    for block in range(depth):
        inputs = channels if block == 0 else width
        parameters += [torch.randn(width, inputs, 3, 3) / math.sqrt(9 * inputs), torch.zeros(width)]
        parameters += [torch.ones(width), torch.zeros(width)]
    features = width * (size // 2**depth) ** 2
    return parameters + [torch.randn(classes, features) / math.sqrt(features), torch.zeros(classes)]


def convnet_features(parameters, images, depth=3):
    x = images
    for block in range(depth):
        weight, bias, scale, shift = parameters[4 * block : 4 * block + 4]
        x = F.conv2d(x, weight, bias, padding=1)
        x = F.avg_pool2d(F.relu(F.group_norm(x, x.shape[1], scale, shift)), 2)
    return x.flatten(1)


def convnet(parameters, images, depth=3):
    return F.linear(convnet_features(parameters, images, depth), parameters[-2], parameters[-1])


def requiring_gradient(parameters):
    return [parameter.requires_grad_(True) for parameter in parameters]


def forward_backward(width, batch):
    parameters = requiring_gradient(convnet_parameters(width))
    images, labels = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))

    def loss(*parameters):
        return F.cross_entropy(convnet(parameters, images), labels)

    def run(loss=loss):
        torch.autograd.grad(loss(*parameters), parameters)

    return run, loss


def unroll(width, steps, batch=50):
    """One trajectory-matching gradient: images and step size through `steps` differentiated SGD steps."""
    start = convnet_parameters(width)
    target = [parameter + 0.01 * torch.randn_like(parameter) for parameter in start]
    images = torch.randn(steps, batch, 3, 32, 32, requires_grad=True)
    labels = torch.randint(0, 10, (steps, batch))
    step_size = torch.tensor(0.01, requires_grad=True)

    def run():
        parameters = requiring_gradient([parameter.detach().clone() for parameter in start])
        for step in range(steps):
            loss = F.cross_entropy(convnet(parameters, images[step]), labels[step])
            gradients = torch.autograd.grad(loss, parameters, create_graph=True)
            parameters = [p - step_size * g for p, g in zip(parameters, gradients)]
        distance = sum(((p - t) ** 2).sum() for p, t in zip(parameters, target))
        length = sum(((p - t) ** 2).sum() for p, t in zip(start, target))
        torch.autograd.grad(distance / length, [images, step_size])

    return run


def distribution_matching(width=32, classes=10, real=64, synthetic=10):
    real_images = torch.randn(classes * real, 3, 32, 32)
    images = torch.randn(classes * synthetic, 3, 32, 32, requires_grad=True)

    def run():
        parameters = convnet_parameters(width)
        with torch.no_grad():
            target = convnet_features(parameters, real_images).view(classes, real, -1).mean(1)
        mean = convnet_features(parameters, images).view(classes, synthetic, -1).mean(1)
        torch.autograd.grad(((target - mean) ** 2).sum(), [images])

    return run


def layerwise_cosine(first, second):
    total = 0
    for a, b in zip(first, second):
        if a.dim() == 1:
            continue
        a, b = a.reshape(a.shape[0], -1), b.reshape(b.shape[0], -1)
        total = total + (1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-6)).sum()
    return total


def gradient_matching(width=32, classes=10, real=64, synthetic=10):
    real_images = torch.randn(classes, real, 3, 32, 32)
    images = torch.randn(classes, synthetic, 3, 32, 32, requires_grad=True)

    def run():
        parameters = requiring_gradient(convnet_parameters(width))
        total = 0
        for label in range(classes):
            loss = F.cross_entropy(convnet(parameters, real_images[label]), torch.full((real,), label))
            target = [g.detach() for g in torch.autograd.grad(loss, parameters)]
            loss = F.cross_entropy(convnet(parameters, images[label]), torch.full((synthetic,), label))
            total = total + layerwise_cosine(torch.autograd.grad(loss, parameters, create_graph=True), target)
        torch.autograd.grad(total, [images])

    return run


def contrastive(features, labels, temperature=0.07):
    features = F.normalize(features)
    same = (labels[:, None] == labels[None, :]).float()
    others = 1 - torch.eye(len(labels))
    logits = features @ features.T / temperature
    logits = logits - logits.max(1, keepdim=True).values.detach()
    log_share = logits - torch.log((logits.exp() * others).sum(1, keepdim=True))
    positives = same * others
    return -((positives * log_share).sum(1) / positives.sum(1).clamp(min=1)).mean()


def adversary_step(width=128, batch=50):
    parameters = requiring_gradient(convnet_parameters(width))
    velocity = [torch.zeros_like(parameter) for parameter in parameters]
    first, second = torch.randn(batch, 3, 32, 32), torch.randn(batch, 3, 32, 32)
    labels = torch.randint(0, 10, (batch,))

    def loss(*parameters):
        features = convnet_features(parameters, torch.cat([first, second]))
        both = torch.cat([labels, labels])
        logits = F.linear(features, parameters[-2], parameters[-1])
        likelihood = ((1 - F.cosine_similarity(features[:batch], features[batch:])) / 2).mean()
        return F.cross_entropy(logits, both) + 0.1 * likelihood + 0.1 * contrastive(features, both)

    def run(loss=loss):
        gradients = torch.autograd.grad(loss(*parameters), parameters)
        with torch.no_grad():
            for parameter, gradient, buffer in zip(parameters, gradients, velocity):
                buffer.mul_(0.9).add_(gradient)
                parameter.sub_(0.001 * buffer)

    return run, loss


def student_epochs(epochs, width=32, batch=100):
    images, labels = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))
    parameters = requiring_gradient(convnet_parameters(width))
    optimiser = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=5e-4)

    def loss(*parameters):
        return F.cross_entropy(convnet(parameters, images), labels)

    def run(loss=loss):
        for _ in range(epochs):
            optimiser.zero_grad()
            loss(*parameters).backward()
            optimiser.step()

    return run, loss


def hallucinate(count=5000):
    bases = torch.randn(count, 3, 32, 32)
    encoder, decoder = torch.randn(3, 3, 3, 3), torch.randn(3, 3, 3, 3)
    encoder_bias, decoder_bias = torch.zeros(3), torch.zeros(3)
    scale, shift = torch.ones(1, 3, 30, 30), torch.zeros(1, 3, 30, 30)

    def images(bases):
        encoded = F.conv2d(bases, encoder, encoder_bias)
        return F.conv_transpose2d(encoded * scale + shift, decoder, decoder_bias)

    def run(images=images):
        with torch.no_grad():
            images(bases)

    return run, images


def augment(batch=256):
    """One augmentation of each kind, forward and backward, as DiffAugment computes them."""
    images = torch.randn(batch, 3, 32, 32, requires_grad=True)

    def colour(x):
        x = x + (torch.rand(x.shape[0], 1, 1, 1) - 0.5)
        mean = x.mean(dim=1, keepdim=True)
        x = (x - mean) * (torch.rand(x.shape[0], 1, 1, 1) * 2) + mean
        mean = x.mean(dim=[1, 2, 3], keepdim=True)
        return (x - mean) * (torch.rand(x.shape[0], 1, 1, 1) + 0.5) + mean

    def crop(x):
        shift_h, shift_w = torch.randint(-4, 5, [x.shape[0], 1, 1]), torch.randint(-4, 5, [x.shape[0], 1, 1])
        grid = torch.meshgrid(torch.arange(x.shape[0]), torch.arange(32), torch.arange(32), indexing="ij")
        rows, columns = (grid[1] + shift_h + 1).clamp(0, 33), (grid[2] + shift_w + 1).clamp(0, 33)
        padded = F.pad(x, [1, 1, 1, 1])
        return padded.permute(0, 2, 3, 1)[grid[0], rows, columns].permute(0, 3, 1, 2)

    def cutout(x):
        grid = torch.meshgrid(torch.arange(x.shape[0]), torch.arange(16), torch.arange(16), indexing="ij")
        offset_h, offset_w = torch.randint(0, 33, [x.shape[0], 1, 1]), torch.randint(0, 33, [x.shape[0], 1, 1])
        mask = torch.ones(x.shape[0], 32, 32)
        mask[grid[0], (grid[1] + offset_h - 8).clamp(0, 31), (grid[2] + offset_w - 8).clamp(0, 31)] = 0
        return x * mask[:, None]

    def flip(x):
        return torch.where(torch.rand(x.shape[0], 1, 1, 1) < 0.5, x.flip(3), x)

    def affine(x, theta):
        return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=True), align_corners=True)

    def scale(x):
        sx, sy, zero = torch.rand(x.shape[0]) * 0.4 + 0.8, torch.rand(x.shape[0]) * 0.4 + 0.8, torch.zeros(x.shape[0])
        return affine(x, torch.stack([torch.stack([sx, zero, zero], 1), torch.stack([zero, sy, zero], 1)], 1))

    def rotate(x):
        angle, zero = (torch.rand(x.shape[0]) - 0.5) * 2 * 15 / 180 * math.pi, torch.zeros(x.shape[0])
        cosine, sine = angle.cos(), angle.sin()
        return affine(x, torch.stack([torch.stack([cosine, -sine, zero], 1), torch.stack([sine, cosine, zero], 1)], 1))

    def run():
        for each in (colour, crop, cutout, flip, scale, rotate):
            torch.autograd.grad(each(images).square().sum(), [images])

    return run


ROWS = {
    **{
        f"ConvNet-3 width {width} batch {batch}, forward and backward": lambda w=width, b=batch: forward_backward(w, b)
        for width in (32, 64, 128)
        for batch in (128, 256)
    },
    "unroll of 10 steps, width 32": lambda: unroll(32, 10),
    "unroll of 5 steps, width 128": lambda: unroll(128, 5),
    "unroll of 30 steps, width 32": lambda: unroll(32, 30),
    "distribution matching iteration": distribution_matching,
    "gradient matching iteration": gradient_matching,
    "adversary step": adversary_step,
    # A hundred epochs are measured; rows.ts scales them.
    "1,000 epochs of a student on 100 images": lambda: student_epochs(100),
    "hallucination of 5,000 images": hallucinate,
    "augmentation of 256 images, each kind": augment,
}

prepared = {}


def prepare(row, mode):
    """A callable for a row, built once; for `compile` the row's differentiable part goes through torch.compile."""
    if (row, mode) not in prepared:
        built = ROWS[row]()
        run, part = built if isinstance(built, tuple) else (built, None)
        if mode == "compile":
            if part is None:
                return None
            compiled = torch.compile(part)
            prepared[row, mode] = lambda: run(compiled)
        else:
            prepared[row, mode] = run
    return prepared[row, mode]


def resident_bytes():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def peak_bytes(run):
    """Largest growth of resident memory while `run` runs, sampled every two milliseconds."""
    before, peak, running = resident_bytes(), 0, True

    def watch():
        nonlocal peak
        while running:
            peak = max(peak, resident_bytes())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    running = False
    watcher.join()
    return max(0, peak - before)


def answer(request):
    run = prepare(request["row"], "compile" if request["mode"] == "compile" else "eager")
    if run is None:
        return {"absent": "torch.compile cannot differentiate twice"}
    if request["mode"] == "memory":
        return {"peakBytes": peak_bytes(run)}
    began = time.perf_counter()
    run()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return {"milliseconds": 1000 * (time.perf_counter() - began)}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_default_device(DEVICE)
    # As haba has it: products keep 32 bits unless TF32 is asked for.
    for part in (torch.backends.cudnn, torch.backends.cuda.matmul):
        part.allow_tf32 = os.environ.get("NVIDIA_TF32_OVERRIDE") == "1"
    print(json.dumps({"version": torch.__version__, "rows": list(ROWS)}), flush=True)
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # the bench reports what went wrong and goes on with the next row
            reply = {"absent": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(reply), flush=True)


main()
