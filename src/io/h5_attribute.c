#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/h5_parts.h"

/* Writes a scalar of a type in memory as a type in the file. */
static rip_status
set(int64_t id, const char *name, hid_t file, hid_t memory, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(id, name, file, space, H5P_DEFAULT, H5P_DEFAULT);
    const herr_t code = attribute >= 0 ? H5Awrite(attribute, memory, value) : -1;

    (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

rip_status
rip_h5_set_text(int64_t id, const char *name, const char *text)
{
    const hid_t type = rip_h5_make_type(RIP_H5_TEXT, true);
    const rip_status status = set(id, name, type, type, &text);

    (void)H5Tclose(type);
    return status;
}

rip_status
rip_h5_set_number(int64_t id, const char *name, double value)
{
    return set(id, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

rip_status
rip_h5_set_count(int64_t id, const char *name, uint64_t value)
{
    return set(id, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

rip_status
rip_h5_set_mask(int64_t id, rip_h5_type type)
{
    const uint64_t most = type == RIP_H5_U32 ? UINT32_MAX : UINT64_MAX;

    return set(id, "_FillValue", type == RIP_H5_U32 ? H5T_STD_U32LE : H5T_STD_U64LE,
               H5T_NATIVE_UINT64, &most);
}

/* Opens a scalar attribute of a type; negative if it is not one. */
static hid_t
open_scalar(int64_t id, const char *name, rip_h5_type type)
{
    const hid_t attribute =
        H5Aexists(id, name) > 0 ? H5Aopen(id, name, H5P_DEFAULT) : -1;
    const hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    const hid_t element = attribute >= 0 ? H5Aget_type(attribute) : -1;
    const bool good = space >= 0 && element >= 0 &&
                      H5Sget_simple_extent_type(space) == H5S_SCALAR &&
                      rip_h5_is_type(element, type);

    (void)H5Sclose(space);
    (void)H5Tclose(element);
    if (!good) {
        (void)H5Aclose(attribute);
        return -1;
    }
    return attribute;
}

bool
rip_h5_has_attribute(int64_t id, const char *name)
{
    return H5Aexists(id, name) > 0;
}

rip_status
rip_h5_text(int64_t id, const char *name, char **text)
{
    const hid_t attribute = open_scalar(id, name, RIP_H5_TEXT);
    const hid_t type = rip_h5_make_type(RIP_H5_TEXT, true);
    char *read = NULL;
    const herr_t code = attribute >= 0 ? H5Aread(attribute, type, &read) : -1;

    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
    *text = NULL;
    if (code < 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *text = strdup(read != NULL ? read : "");
    (void)H5free_memory(read);
    return *text != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

rip_status
rip_h5_count(int64_t id, const char *name, uint64_t *value)
{
    const hid_t attribute = open_scalar(id, name, RIP_H5_U64);
    const herr_t code =
        attribute >= 0 ? H5Aread(attribute, H5T_NATIVE_UINT64, value) : -1;

    (void)H5Aclose(attribute);
    return code >= 0 ? RIP_OK : RIP_RAISE(RIP_ERR_OUTPUT);
}

rip_status
rip_h5_count_of(int64_t file, const char *group, const char *name, uint64_t *value)
{
    const hid_t id =
        rip_h5_exists(file, group) ? H5Gopen2(file, group, H5P_DEFAULT) : -1;
    const rip_status status =
        id >= 0 ? rip_h5_count(id, name, value) : RIP_RAISE(RIP_ERR_OUTPUT);

    (void)H5Gclose(id);
    return status;
}
