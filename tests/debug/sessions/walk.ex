# orders --at start
when
break set_customer
c
bt
info args
info locals
n
s
rs
finish
info breakpoints
disable 1
tbreak cost
c
p order->customer
p order->item->price
p/x order->quantity
whatis order->customer
x/8xb order
x/s order->item->name
list
up
info frame
down
disassemble
info wasm
mark here
rn
rfin
seek here
events
seek end
info marks
seek start
