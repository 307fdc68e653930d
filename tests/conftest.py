"""One thread and the same examples each time: a failure in CI is a failure at home."""

import torch
from hypothesis import settings

# Not deadline: two workers on two cores make single examples slow at random.
settings.register_profile("course", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("course")
torch.set_num_threads(1)
