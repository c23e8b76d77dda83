"""The rows of `npm run bench` in TensorFlow: what its graphs reach without TypeScript around them.

Speaks as pytorch_peer.py does; has the rows whose mathematics it can express as plain TensorFlow.
"""

import json
import sys
import time

import tensorflow as tf


def parameters_of(width, classes=10, depth=3):
    parameters = []
    for block in range(depth):
        inputs = 3 if block == 0 else width
        parameters += [tf.random.normal([3, 3, inputs, width]) / (9 * inputs) ** 0.5]
        parameters += [tf.ones([width]), tf.zeros([width])]
    features = width * 16
    return parameters + [tf.random.normal([features, classes]) / features**0.5, tf.zeros([classes])]


def network(parameters, x, depth=3):
    for block in range(depth):
        weight, scale, shift = parameters[3 * block : 3 * block + 3]
        x = tf.nn.conv2d(x, weight, 1, "SAME")
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        x = tf.nn.relu((x - mean) * (tf.math.rsqrt(variance + 1e-5) * scale) + shift)
        x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.reshape(x, [x.shape[0], -1]) @ parameters[-2] + parameters[-1]


def cross_entropy(logits, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def forward_backward(width, batch):
    parameters, images = parameters_of(width), tf.random.normal([batch, 32, 32, 3])
    labels = tf.random.uniform([batch], maxval=10, dtype=tf.int32)

    @tf.function
    def run(parameters):
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            loss = cross_entropy(network(parameters, images), labels)
        return tape.gradient(loss, parameters)

    return lambda: run(parameters)[0].numpy()


def unroll(width, steps, batch=50):
    start = parameters_of(width)
    target = [parameter + 0.01 * tf.random.normal(parameter.shape) for parameter in start]
    images, rate = tf.random.normal([steps, batch, 32, 32, 3]), tf.constant(0.01)
    labels = tf.random.uniform([steps, batch], maxval=10, dtype=tf.int32)

    @tf.function
    def run(images, rate, start, target):
        with tf.GradientTape() as outer:
            outer.watch([images, rate])
            parameters = start
            for step in range(steps):
                with tf.GradientTape() as inner:
                    inner.watch(parameters)
                    loss = cross_entropy(network(parameters, images[step]), labels[step])
                gradients = inner.gradient(loss, parameters)
                parameters = [p - rate * g for p, g in zip(parameters, gradients)]
            distance = tf.add_n([tf.reduce_sum((p - t) ** 2) for p, t in zip(parameters, target)])
            length = tf.add_n([tf.reduce_sum((p - t) ** 2) for p, t in zip(start, target)])
            ratio = distance / length
        return outer.gradient(ratio, [images, rate])

    return lambda: run(images, rate, start, target)[1].numpy()


ROWS = {
    **{
        f"ConvNet-3 width {width} batch {batch}, forward and backward": lambda w=width, b=batch: forward_backward(w, b)
        for width in (32, 64, 128)
        for batch in (128, 256)
    },
    "unroll of 10 steps, width 32": lambda: unroll(32, 10),
    "unroll of 5 steps, width 128": lambda: unroll(128, 5),
    "unroll of 30 steps, width 32": lambda: unroll(32, 30),
}


def main():
    prepared = {}
    print(json.dumps({"version": tf.__version__, "rows": list(ROWS)}), flush=True)
    for line in sys.stdin:
        row = json.loads(line)["row"]
        if row not in prepared:
            prepared[row] = ROWS[row]()
        began = time.perf_counter()
        prepared[row]()
        print(json.dumps({"milliseconds": 1000 * (time.perf_counter() - began)}), flush=True)


main()
