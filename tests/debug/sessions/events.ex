# grid --at start
catch fd_write
c
fin
fin
c
seek 14
