;; Prints numbered lines for ever: what kill.py kills.
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "line 00000000\0a")
  (global $line (mut i32) (i32.const 0))

  ;; Writes $number in eight decimal digits before $end.
  (func $digits (param $number i32) (param $end i32)
    (local $left i32)
    (local.set $left (i32.const 8))
    (loop $next
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))

  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 14))
    (loop $for_ever
      (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 64)))
      (call $digits (global.get $line) (i32.const 29))
      (global.set $line (i32.add (global.get $line) (i32.const 1)))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $for_ever))))
