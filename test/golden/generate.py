"""Writes the small golden cases of this folder, in the format of the authors' (see lib/experiments/parity).

    python generate.py     # needs torch and safetensors

Other sizes, class counts and steps than the authors' cases have, computed by PyTorch's own layers and autograd.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
torch.manual_seed(1)


def save(name, op, config, tensors):
    contiguous = {key: value.detach().contiguous() for key, value in tensors.items()}
    save_file(contiguous, HERE / f"{name}.safetensors", metadata={"op": op, "config": json.dumps(config)})


def conv_net(width, depth, classes, side, channels=3):
    layers = []
    for block in range(depth):
        layers += [
            nn.Conv2d(channels if block == 0 else width, width, 3, padding=1),
            nn.GroupNorm(width, width),
            nn.ReLU(),
            nn.AvgPool2d(2),
        ]
    network = nn.Module()
    network.features = nn.Sequential(*layers)
    network.classifier = nn.Linear(width * (side >> depth) ** 2, classes)
    network.embed = lambda images: network.features(images).flatten(1)
    network.forward = lambda images: network.classifier(network.embed(images))
    fill(network)
    return network


def formula(name, shape, place):
    numbers = []
    size = 1
    for extent in shape:
        size *= extent
    amplitude = (shape[0] / size) ** 0.5 if len(shape) >= 2 else 0.1
    mask = 0xFFFFFFFF
    for element in range(1, size + 1):
        value = (element * 2654435761 + (place + 1) * 40503) & mask
        value = ((value ^ (value >> 16)) * 2246822519) & mask
        value = ((value ^ (value >> 13)) * 3266489917) & mask
        value ^= value >> 16
        numbers.append(amplitude * 3**0.5 * (2 * value / 2**32 - 1))
    offset = 1 if len(shape) == 1 and name.endswith("weight") else 0
    return torch.tensor(numbers, dtype=torch.float32).reshape(shape) + offset


def fill(network):
    with torch.no_grad():
        for place, (name, parameter) in enumerate(network.named_parameters()):
            parameter.copy_(formula(name, list(parameter.shape), place))


def images(*shape):
    return torch.randn(*shape)


def matching_cases():
    config = {"network": "ConvNet", "width": 4, "depth": 2, "classes": 3, "init": "formula"}
    real, synthetic = images(3, 4, 3, 16, 16), images(3, 2, 3, 16, 16).requires_grad_()
    network = conv_net(4, 2, 3, 16)
    loss = sum(((network.embed(real[c]).mean(0) - network.embed(synthetic[c]).mean(0)) ** 2).sum() for c in range(3))
    tensors = {"real": real, "synthetic": synthetic, "loss": loss}
    tensors["grad.synthetic"] = torch.autograd.grad(loss, synthetic)[0]
    save("distribution-matching-small", "distribution-matching", config, tensors)

    loss = 0
    for c in range(3):
        gradients = []
        for batch in (real[c], synthetic[c]):
            target = torch.full((len(batch),), c)
            error = F.cross_entropy(network(batch), target)
            gradients.append(torch.autograd.grad(error, list(network.parameters()), create_graph=True))
        for theirs, ours in zip(*gradients):
            if theirs.dim() > 1:
                # One cosine for every output: rows of a matrix, flattened filters of a convolution.
                loss = loss + (1 - F.cosine_similarity(theirs.detach().flatten(1), ours.flatten(1), dim=1, eps=1e-12)).sum()
    tensors = {"real": real, "synthetic": synthetic, "loss": loss}
    tensors["grad.synthetic"] = torch.autograd.grad(loss, synthetic)[0]
    save("gradient-matching-small", "gradient-matching", {**config, "metric": "ours"}, tensors)


def student_case():
    network = conv_net(4, 2, 5, 8)
    x, labels = images(6, 3, 8, 8), torch.tensor([0, 1, 2, 3, 4, 0])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.5, weight_decay=0.01)
    losses = []
    for _ in range(4):
        loss = F.cross_entropy(network(x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    config = {"network": "ConvNet", "width": 4, "depth": 2, "classes": 5}
    config |= {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.01, "init": "formula"}
    tensors = {"x": x, "labels": labels.int(), "losses": torch.stack(losses), "final_logits": network(x)}
    save("student-training-small", "student-training", config, tensors)


def multi_formation_case():
    x, factor = images(2, 1, 12, 12).requires_grad_(), 3
    size = 12 // factor
    crops = [
        x[:, :, row * size : (row + 1) * size, column * size : (column + 1) * size]
        for row in range(factor)
        for column in range(factor)
    ]
    y = F.interpolate(torch.cat(crops), size=(12, 12), mode="bilinear")
    upstream = images(*y.shape)
    (gradient,) = torch.autograd.grad((y * upstream).sum(), x)
    tensors = {"x": x, "y": y, "grad.y": upstream, "grad.x": gradient}
    save("multi-formation-grey", "multi-formation", {"factor": factor}, tensors)


def hallucinate(parts, base):
    hidden = F.conv2d(base, parts["enc.weight"], parts["enc.bias"])
    return F.conv_transpose2d(hidden * parts["scale"] + parts["shift"], parts["dec.weight"], parts["dec.bias"])


def hallucinator_parts(kernel, middle, base_channels, channels, side):
    inner = side - kernel + 1
    return {
        "enc.weight": images(middle, base_channels, kernel, kernel) * 0.3,
        "enc.bias": images(middle) * 0.1,
        "scale": 1 + images(1, middle, inner, inner) * 0.1,
        "shift": images(1, middle, inner, inner) * 0.1,
        "dec.weight": images(middle, channels, kernel, kernel) * 0.3,
        "dec.bias": images(channels) * 0.1,
    }


def hallucinator_case():
    parts = {name: part.requires_grad_() for name, part in hallucinator_parts(5, 4, 1, 3, 12).items()}
    base = images(3, 1, 12, 12).requires_grad_()
    image = hallucinate(parts, base)
    upstream = images(*image.shape)
    gradients = torch.autograd.grad((image * upstream).sum(), [base, *parts.values()])
    tensors = {"base": base, "image": image, "grad.image": upstream, "grad.base": gradients[0]}
    tensors |= {f"param.{name}": part for name, part in parts.items()}
    tensors |= {f"grad.param.{name}": gradient for name, gradient in zip(parts, gradients[1:])}
    save("hallucinator-kernel-5", "hallucinator", {"kernel_size": 5, "mid_channels": 4}, tensors)


def trajectory_case():
    """Single-channel bases, two classes, two steps with different hallucinators."""
    network = conv_net(4, 2, 2, 8)
    named = [[name, list(parameter.shape)] for name, parameter in network.named_parameters()]
    start = [parameter.detach().clone() for parameter in network.parameters()]
    target = [parameter + 0.02 * torch.randn_like(parameter) for parameter in start]
    bases = images(2, 3, 1, 8, 8).requires_grad_()
    parts = [
        {name: part.requires_grad_() for name, part in hallucinator_parts(3, 3, 1, 3, 8).items()} for _ in range(2)
    ]
    rate = torch.tensor(0.05, requires_grad=True)
    order, which = torch.tensor([[0, 4, 2, 5], [3, 1, 5, 0]]), torch.tensor([1, 0])

    def functional(parameters, batch):
        return torch.func.functional_call(network.features, dict(parameters), (batch,)).flatten(1)

    student, losses = start, []
    student = [parameter.clone().requires_grad_() for parameter in student]
    for indices, chosen in zip(order, which):
        batch = hallucinate(parts[chosen], bases.reshape(6, 1, 8, 8)[indices])
        names = [name.removeprefix("features.") for name, _ in named[:-2]]
        logits = F.linear(functional(zip(names, student[:-2]), batch), student[-2], student[-1])
        loss = F.cross_entropy(logits, indices // 3)
        losses.append(loss.detach())
        gradients = torch.autograd.grad(loss, student, create_graph=True)
        student = [parameter - rate * gradient for parameter, gradient in zip(student, gradients)]
    distance = sum(((end - goal) ** 2).sum() for end, goal in zip(student, target))
    distance = distance / sum(((begin - goal) ** 2).sum() for begin, goal in zip(start, target))
    learnable = {"bases": bases, "lr": rate}
    learnable |= {f"hallucinators.{place}.{name}": part for place, both in enumerate(parts) for name, part in both.items()}
    gradients = torch.autograd.grad(distance, list(learnable.values()))

    def flat(parameters):
        return torch.cat([parameter.detach().flatten() for parameter in parameters])

    config = {"network": "ConvNet", "width": 4, "depth": 2, "classes": 2, "ipc": 3, "hallucinators": 2, "steps": 2}
    tensors = {**learnable, **{f"grad.{name}": gradient for name, gradient in zip(learnable, gradients)}}
    tensors |= {"start": flat(start), "target": flat(target), "student_final": flat(student), "loss": distance}
    tensors |= {"student_losses": torch.stack(losses), "order": order.int(), "which": which.int()}
    save("trajectory-matching-single-channel", "trajectory-matching", {**config, "params": named}, tensors)


matching_cases()
student_case()
multi_formation_case()
hallucinator_case()
trajectory_case()
