# orders
last-write order->item
origin order->item
catch fd_write
rc
events
info modules
info memories
info globals
info sources
help
help seek
