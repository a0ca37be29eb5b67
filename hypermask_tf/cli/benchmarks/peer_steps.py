"""A step of HyperMask on an MLP with PyTorch and hypnettorch; run by `peer.py`.

This file imports nothing of the project: it runs with an interpreter of its own. It
reads one JSON request a line from standard input and answers in kind:
`{"task": t}` begins a task, `{"steps": n}` takes steps, `{"end": true}` ends.

The step is the method's as in DESIGN, section 1: hypernetwork, masks by percentile,
masked target, cross-entropy, the library's own output regulariser (one pass through the
hypernetwork per earlier task), L1 on the masked weights, `torch.optim.Adam`.
"""

import itertools
import json
import os
import resource
import sys
import time
from typing import Any

import numpy as np
import torch
from hypnettorch.hnets import HMLP
from hypnettorch.utils import hnet_regularizer
from torch.nn import functional

Tensor = Any


class PeerStep:
    """The model and its step.

    Args:
        settings: Widths, batch, hypernetwork and regularisers, as a benchmark sends.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.task = settings, 0
        torch.manual_seed(0)
        widths = settings["widths"]
        shapes: list[list[int]] = []
        for fan_in, width in itertools.pairwise(widths):
            shapes += [[width, fan_in], [width]]
        self.hypernetwork = HMLP(
            shapes,
            cond_in_size=settings["embedding_dim"],
            layers=settings["hyper_hidden"],
            activation_fn=torch.nn.ELU(),
            num_cond_embs=settings["num_tasks"],
            verbose=False,
        )
        self.weights = []
        for i, shape in enumerate(shapes):
            bound = shapes[i - i % 2][1] ** -0.5
            self.weights.append(torch.empty(shape).uniform_(-bound, bound))
        for weight in self.weights:
            weight.requires_grad_()
        size = (settings["batch_size"], widths[0])
        self.x, self.y = torch.rand(size), torch.randint(0, widths[-1], size[:1])

    def begin(self, task: int) -> None:
        """Takes what protects earlier tasks, and a fresh optimizer."""
        self.task = task
        self.reference = [weight.detach().clone() for weight in self.weights]
        self.targets = None
        if task > 0:
            self.targets = hnet_regularizer.get_current_targets(task, self.hypernetwork)
        parameters = [*self.hypernetwork.parameters(), *self.weights]
        self.optimizer = torch.optim.Adam(parameters, lr=self.settings["learning_rate"])

    def masks(self) -> list[Tensor]:
        """Semi-binary masks of the task being learned."""
        masks = []
        for score in self.hypernetwork.forward(cond_id=self.task):
            mask = torch.tanh(score).abs()
            if self.settings["sparsity"]:
                flat = mask.detach().flatten().numpy()
                least = float(np.percentile(flat, self.settings["sparsity"]))
                mask = torch.where(mask >= least, mask, 0.0)
            masks.append(mask)
        return masks

    def step(self) -> None:
        """One step of the optimizer."""
        self.optimizer.zero_grad()
        masks = self.masks()
        x = self.x
        last = len(masks) - 2
        for i in range(0, len(masks), 2):
            bias = self.weights[i + 1] * (1.0 if i == last else masks[i + 1])
            x = functional.linear(x, self.weights[i] * masks[i], bias)
            x = x if i == last else functional.relu(x)
        loss = functional.cross_entropy(x, self.y)
        if self.task > 0:
            drift = hnet_regularizer.calc_fix_target_reg(
                self.hypernetwork, self.task, targets=self.targets
            )
            loss = loss + self.settings["beta"] * drift / self.task
            for weight, old, mask in zip(
                self.weights, self.reference, masks, strict=True
            ):
                loss = loss + self.settings["lam"] * ((weight - old) * mask).abs().sum()
        loss.backward()
        self.optimizer.step()

    def timed(self, steps: int) -> list[tuple[float, float]]:
        """Milliseconds of each step, and of processor time of all cores in it."""
        taken = []
        for _ in range(steps):
            wall, cpu = time.perf_counter(), time.process_time()
            self.step()
            passed = time.perf_counter() - wall, time.process_time() - cpu
            taken.append((1e3 * passed[0], 1e3 * passed[1]))
        return taken


def main() -> None:
    """Answers requests until the end."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    # What libraries print must not stand between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    peer = PeerStep(json.loads(sys.argv[1]))
    weights = sum(p.numel() for p in peer.hypernetwork.parameters())
    about = {"torch": torch.__version__, "hypernetwork_weights": weights}
    print(json.dumps(about), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "task" in request:
            peer.begin(request["task"])
            answer: dict[str, Any] = {"first_step_ms": peer.timed(1)[0][0]}
        elif "steps" in request:
            answer = {"ms": peer.timed(request["steps"])}
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            answer = {"peak_memory": peak}
        print(json.dumps(answer), file=answers, flush=True)
        if "end" in request:
            return


if __name__ == "__main__":
    main()
