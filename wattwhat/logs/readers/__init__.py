"""One module a format; `wattwhat.logs.protocol` tells how to write one."""
