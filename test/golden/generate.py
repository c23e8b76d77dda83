"""Writes the small golden cases of this folder, in the format of the authors' (see lib/tools/parity).

    python generate.py     # needs torch, numpy, scipy and safetensors

Other sizes, class counts and steps than the authors' cases have, computed by PyTorch's own layers and autograd. The cases of
the containers (FreD, DDiF, LinBa) are written by containers.py, which runs alone, too, and without torch.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from containers import container_cases
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
    size = 1
    for extent in shape:
        size *= extent
    amplitude = (shape[0] / size) ** 0.5 if len(shape) >= 2 else 0.1
    mask = 0xFFFFFFFF
    # Products wrap at 64 bits, which leaves the lower 32 as they are.
    value = (torch.arange(1, size + 1) * 2654435761 + (place + 1) * 40503) & mask
    value = ((value ^ (value >> 16)) * 2246822519) & mask
    value = ((value ^ (value >> 13)) * 3266489917) & mask
    value = value ^ (value >> 16)
    offset = 1 if len(shape) == 1 and name.endswith("weight") else 0
    return (amplitude * 3**0.5 * (2 * value.double() / 2**32 - 1)).float().reshape(shape) + offset


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


def network_case(name, network, side, classes, called):
    """`side`: channels, height, width."""
    fill(network)
    x, labels = images(2, *side).requires_grad_(), torch.arange(2) % classes
    logits = network.forward(x)
    loss = F.cross_entropy(logits, labels)
    gradients = torch.autograd.grad(loss, [x, *network.parameters()])
    norms = torch.stack([gradient.double().norm().float() for gradient in gradients[1:]])
    named = [[key, list(parameter.shape)] for key, parameter in network.named_parameters()]
    tensors = {"x": x, "labels": labels.int(), "logits": logits, "loss": loss}
    tensors |= {"grad.x": gradients[0], "grad.param.norms": norms}
    save(f"network-{name}", "network", {"classes": classes, "init": "formula", "params": named, "network": called}, tensors)


def with_head(features, head, inputs, classes, pool=None):
    """Features, then an adaptive pooling, then a linear layer called `head`."""
    network = nn.Module()
    network.features = features
    setattr(network, head, nn.Linear(inputs, classes))
    pooled = nn.AdaptiveAvgPool2d(pool) if pool else nn.Identity()
    network.forward = lambda x: getattr(network, head)(pooled(network.features(x)).flatten(1))
    return network


def alex_net(classes):
    plan = [(128, 5, True), (192, 5, True), (256, 3, False), (192, 3, False), (192, 3, True)]
    layers, inputs = [], 3
    for channels, kernel, pooled in plan:
        layers += [nn.Conv2d(inputs, channels, kernel, padding=kernel // 2), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pooled else []
        inputs = channels
    return with_head(nn.Sequential(*layers), "fc", 192 * 16, classes, pool=4)


def normalised_conv_net(normalisation, channels=3, border=1, classes=3, width=8, side=16):
    layers = []
    for block in range(2):
        map_side = side >> block
        layers += [nn.Conv2d(channels if block == 0 else width, width, 3, padding=border if block == 0 else 1)]
        layers += [normalisation([width, map_side, map_side]), nn.ReLU(), nn.AvgPool2d(2)]
    inputs = width * ((side + 2 * border - 2) >> 2) ** 2
    return with_head(nn.Sequential(*layers), "classifier", inputs, classes)


def network_cases():
    # Where the features do not depend on the size of the images: an adaptive pooling comes before the classifier.
    network_case("AlexNet-40x24", alex_net(4), (3, 40, 24), 4, called="AlexNet")
    network_case("ConvNetGN", normalised_conv_net(lambda s: nn.GroupNorm(4, s[0])), (3, 16, 16), 3, called="ConvNetGN")
    network_case("ConvNetLN", normalised_conv_net(nn.LayerNorm), (3, 16, 16), 3, called="ConvNetLN")
    # The authors pad images of one channel by 3 in the first convolution, whatever their size.
    grey = normalised_conv_net(lambda s: nn.GroupNorm(s[0], s[0]), channels=1, border=3)
    network_case("ConvNet-grey", grey, (1, 16, 16), 3, called="ConvNet")


def contrastive(features, labels, temperature):
    """Supervised contrastive loss of two views, scaled by temperature / 0.07 as in the authors' code."""
    similarities = features @ features.T / temperature
    others = 1 - torch.eye(len(features))
    same = (labels[:, None] == labels[None]).float() * others
    share = similarities - (torch.exp(similarities) * others).sum(1, keepdim=True).log()
    return -((same * share).sum(1) / same.sum(1)).mean() * temperature / 0.07


def constraints_case():
    labels, temperature = torch.tensor([0, 1, 2, 0, 1]), 0.2
    first, second = images(5, 12).requires_grad_(), images(5, 12).requires_grad_()
    logits = images(10, 3).requires_grad_()
    cosine = F.cosine_similarity(first, second)
    unit = F.normalize(torch.cat([first, second]))
    losses = {
        "cosine": ((1 + cosine) / 2).mean(),
        "likelihood": ((1 - cosine) / 2).mean(),
        "contrastive": contrastive(unit, torch.cat([labels, labels]), temperature),
    }
    tensors = {"embedding_a": first, "embedding_b": second, "labels": labels.int(), "logits": logits}
    for name, loss in losses.items():
        gradients = torch.autograd.grad(loss, [first, second], retain_graph=True)
        tensors |= {name: loss, f"grad.{name}.a": gradients[0], f"grad.{name}.b": gradients[1]}
    loss = F.cross_entropy(logits, torch.cat([labels, labels]))
    tensors |= {"classification": loss, "grad.classification.logits": torch.autograd.grad(loss, logits)[0]}
    save("constraints-temperature", "constraints", {"temperature": temperature}, tensors)


def undivided_multi_formation_case():
    """14 is not a multiple of 3: IDC continues the image by 0.5."""
    x = images(2, 3, 14, 14).requires_grad_()
    continued = F.pad(x, (0, 1, 0, 1), value=0.5)
    crops = [crop for rows in continued.split(5, 2) for crop in rows.split(5, 3)]
    y = F.interpolate(torch.cat(crops), size=(14, 14), mode="bilinear")
    upstream = images(*y.shape)
    (gradient,) = torch.autograd.grad((y * upstream).sum(), x)
    tensors = {"x": x, "y": y, "grad.y": upstream, "grad.x": gradient}
    save("multi-formation-undivided", "multi-formation", {"factor": 3}, tensors)


def whitening_case():
    fit, x, eps = torch.rand(60, 1, 6, 4), torch.rand(3, 1, 6, 4), 0.01
    flat = fit.flatten(1).double()
    mean = flat.mean(0, keepdim=True)
    values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / 59)
    y = (x.flatten(1).double() - mean) @ (vectors * (values + eps).rsqrt()) @ vectors.T
    inverse = y @ (vectors * (values + eps).sqrt()) @ vectors.T + mean
    tensors = {"fit": fit, "x": x, "y": y.float().view_as(x), "inverse": inverse.float().view_as(x)}
    save("zca-small", "zca", {"eps": eps}, tensors)


def augmentation_cases():
    """Images that are wider than high, and an odd side."""
    for name in ("rotate", "scale"):
        x = images(4, 2, 9, 14).requires_grad_()
        matrix = torch.zeros(4, 2, 3)
        if name == "rotate":
            draws = {"theta": (torch.rand(4) - 0.5) * 4}
            matrix[:, 0, 0] = matrix[:, 1, 1] = draws["theta"].cos()
            matrix[:, 1, 0] = draws["theta"].sin()
            matrix[:, 0, 1] = -draws["theta"].sin()
        else:
            draws = {"scale_x": torch.rand(4) + 0.5, "scale_y": torch.rand(4) + 0.5}
            matrix[:, 0, 0], matrix[:, 1, 1] = draws["scale_x"], draws["scale_y"]
        y = F.grid_sample(x, F.affine_grid(matrix, x.shape, align_corners=True), align_corners=True)
        upstream = images(*y.shape)
        (gradient,) = torch.autograd.grad((y * upstream).sum(), x)
        tensors = {"x": x, "y": y, "grad.y": upstream, "grad.x": gradient}
        tensors |= {f"draw.{key}": value for key, value in draws.items()}
        save(f"augment-{name}-wide", "augment", {"augmentation": name}, tensors)


def adversary_case():
    """Three steps of a narrow adversary, with a step size, momentum and temperature of its own."""
    settings = {"classes": 3, "width": 4, "lr": 0.02, "momentum": 0.5, "temperature": 0.1}
    settings |= {"lambda_classification": 0.5, "lambda_likelihood": 0.2, "lambda_contrastive": 0.3, "init": "formula"}
    network = conv_net(4, 3, 3, 16)
    x, labels = images(8, 3, 16, 16), torch.tensor([0, 1, 2, 0])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.5)
    losses, both = [], torch.cat([labels, labels])
    for _ in range(3):
        embedding = network.embed(x)
        loss = 0.5 * F.cross_entropy(network.classifier(embedding), both)
        loss = loss + 0.2 * ((1 - F.cosine_similarity(embedding[:4], embedding[4:])) / 2).mean()
        loss = loss + 0.3 * contrastive(F.normalize(embedding), both, 0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    embedding = network.embed(x)
    tensors = {"x": x, "labels": labels.int(), "losses": torch.stack(losses)}
    tensors |= {"final_embedding_norms": embedding.norm(dim=1), "final_logits": network.classifier(embedding)}
    save("adversary-narrow", "adversary-step", settings, tensors)


matching_cases()
student_case()
multi_formation_case()
hallucinator_case()
trajectory_case()
network_cases()
constraints_case()
undivided_multi_formation_case()
whitening_case()
augmentation_cases()
adversary_case()
container_cases()
