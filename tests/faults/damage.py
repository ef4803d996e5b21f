"""Ways to damage a file, and to forge one whose checksum is right."""
import struct

import h5py
import numpy as np

BLOCK = 512


def crc64_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0xC96C5795D7870F42 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc64_table()


def checksum(data):
    """CRC-64/XZ, as include/riptide/io/checksum.h says."""
    state = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        state = TABLE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ 0xFFFFFFFFFFFFFFFF


def sign(path):
    """Writes the first block of a result as if the file had been made so."""
    data = bytearray(path.read_bytes())
    data[:BLOCK] = struct.pack("<8sIIQQ", b"RIPTIDE1", 1, 0, len(data), checksum(data[BLOCK:])).ljust(BLOCK, b"\0")
    path.write_bytes(data)


def blindly(rng, data):
    """One of many ways in which a disk, a copy or an editor damages bytes; the new bytes."""
    data = bytearray(data)
    n = len(data)
    how = rng.randrange(8)
    at = rng.randrange(n)
    if how == 0:
        return data[:at]
    if how == 1:
        data[at] ^= 1 << rng.randrange(8)
    elif how == 2:
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(n)] = rng.randrange(256)
    elif how == 3:
        length = min(n - at, rng.choice((1, 64, 512, 4096)))
        data[at:at + length] = bytes(length)
    elif how == 4:
        data += bytes(rng.randrange(1, 5000))
    elif how == 5:
        length = rng.choice((1, 8, 512, 4096))
        del data[at:at + length]
    elif how == 6:
        data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 8, 512))))
    else:
        # The block, where format, length and checksum stand.
        data[rng.randrange(32)] = rng.randrange(256)
    return data


def datasets(file):
    found = []
    file.visititems(lambda name, thing: found.append(name) if isinstance(thing, h5py.Dataset) else None)
    return found


def replace(file, name, value, **options):
    """Another dataset under the same name, without scales."""
    del file[name]
    file.create_dataset(name, data=value, **options)


def forge(rng, path):
    """Edits a result as an HDF5 tool might and signs it; says what was done."""
    with h5py.File(path, "r+") as file:
        name = rng.choice(datasets(file))
        how = rng.randrange(9)
        shape, kind = file[name].shape, file[name].dtype.kind
        if how == 0:
            done = f"without {name}"
            del file[name]
        elif how == 1:
            attribute = rng.choice(sorted(file.attrs))
            done = f"without the attribute {attribute}"
            del file.attrs[attribute]
        elif how == 2:
            attribute = rng.choice(sorted(file.attrs))
            done = f"attribute {attribute} of another type"
            file.attrs[attribute] = rng.choice((np.float32(-1.5), np.arange(3), "x" * 70000, np.uint64(2**64 - 1)))
        elif how == 3:
            done = f"{name} of whole numbers of 8 bits"
            replace(file, name, np.zeros(shape, "i1"))
        elif how == 4:
            done = f"{name} with one axis more"
            replace(file, name, np.zeros((*shape, 2), "f8" if kind == "f" else "u4"))
        elif how == 5:
            done = f"{name} with huge dimensions"
            rank = max(1, len(shape))
            replace(file, name, None, shape=(2**40 // 100**(rank - 1),) * rank, dtype="f8", chunks=(16,) * rank)
        elif how == 6:
            done = f"{name} one longer"
            replace(file, name, np.zeros(tuple(n + 1 for n in shape), "f8" if kind == "f" else "u4"))
        elif how == 7:
            done = f"{name} as a group"
            del file[name]
            file.create_group(name)
        else:
            done = f"{name} as a link to nothing"
            del file[name]
            file[name] = rng.choice((h5py.SoftLink("/nowhere"), h5py.ExternalLink("/dev/zero", "/x"), h5py.SoftLink(f"/{name}")))
    sign(path)
    return done
