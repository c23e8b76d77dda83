"""Writes the files beside it, as PyTorch and NumPy write them: python make.py (torch 2.15.0 and numpy 2.4.6 made those that lie here)."""
import collections
import io

import numpy as np
import torch

# Eighths are exact in every type of float.
x = torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2) / 8 - 1
y = torch.tensor([1, 0])

torch.save(x, 'images_best.pt')
torch.save(x, 'old.pt', _use_new_zipfile_serialization=False)
torch.save({'x': x, 'y': y}, 'old-dict.pt', _use_new_zipfile_serialization=False)
torch.save(0.25, 'lr_best.pt')
torch.save({'data': [[x, y], [x + 1, y]], 'accs_all_exps': {'ConvNet': [0.5, np.float64(0.75)]}}, 'res_DM.pt')
torch.save(
    {
        'half': x.half(),
        'brain': x.bfloat16(),
        'double': x.double(),
        'byte': y.byte(),
        'short': -y.short(),
        'int': -y.int(),
        'bool': y.bool(),
        'permuted': x.permute(0, 2, 3, 1),
        'slice': x[1:, 1],
        'expanded': torch.tensor([0.5]).expand(2, 3),
        'empty': torch.zeros(0, 3),
        'scalar': torch.tensor(0.125),
        'parameter': torch.nn.Parameter(x[0, 0]),
        'learned': x[0, 0].clone().requires_grad_(True),
    },
    'types.pt',
)
torch.save(torch.nn.ModuleList([torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)]).state_dict(), 'state_dict.pt')
torch.save(torch.nn.Linear(1, 1), 'module.pt')
torch.save({'images': x, 'made': collections.Counter()}, 'counter.pt')

np.savez('arrays.npz', x=x.numpy(), y=y.numpy())
np.savez_compressed('compressed.npz', x=x.numpy(), y=y.numpy())
np.save('fortran.npy', np.asfortranarray(x.numpy()))
np.save('big-endian.npy', x.numpy().astype('>f8'))
np.save('half.npy', x.numpy().astype(np.float16))
np.save('objects.npy', np.array([{}, 1], dtype=object))


def pickle_of(name, shapes):
    """The pickle alone, of an export of here that was saved by torch.save, its tensors by name; the test adds their numbers."""
    types = {'labels': torch.int32}
    whole = io.BytesIO()
    torch.save({key: torch.zeros(shapes[key], dtype=types.get(key, torch.float32)) for key in sorted(shapes)}, whole)
    whole.seek(0)
    with open(name, 'wb') as file:
        file.write(torch._C.PyTorchFileReader(whole).get_record('data.pkl'))


statistics = {'mean': [3], 'deviation': [3]}
pickle_of('exported-images.pkl', {'bases': [20, 3, 32, 32], 'labels': [20], **statistics})
parts = {
    'enc.weight': [3, 3, 3, 3],
    'enc.bias': [3],
    'scale': [1, 3, 30, 30],
    'shift': [1, 3, 30, 30],
    'dec.weight': [3, 3, 3, 3],
    'dec.bias': [3],
}
hallucinators = {f'hallucinators.{number}.{part}': shape for number in range(2) for part, shape in parts.items()}
pickle_of('exported-haba.pkl', {'bases': [10, 3, 32, 32], 'labels': [10], **statistics, **hallucinators})
