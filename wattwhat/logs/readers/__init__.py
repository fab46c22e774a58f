"""One module a format; `wattwhat.logs.reader` tells how to write one, `wattwhat.logs.registry` lists them."""
