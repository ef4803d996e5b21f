"""What the notebooks need, named with the command that installs it if it is not there."""
import importlib.util

from make_report import MODULES

DEBIAN = {**MODULES, "h5netcdf": "python3-h5netcdf", "pandas": "python3-pandas", "xarray": "python3-xarray"}


def need(*modules):
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(f"missing {', '.join(missing)} (apt-get install "
                                  f"{' '.join(DEBIAN[module] for module in missing)}, or choose a kernel that has them)")
