;; A guest that looks at the clock, takes random bytes and prints two lines: what divergence.py
;; records, and then replays after changing one line of it.
(module $guest
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get"
    (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "first line\0a")
  (data (i32.const 272) "other line\0a")

  (func $print (param $text i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $look_at_clock
    (drop (call $clock_time_get (i32.const 0) (i64.const 1000) (i32.const 64))))

  (func $take_random
    (drop (call $random_get (i32.const 128) (i32.const 16))))

  (func $work
    (call $look_at_clock)
    (call $take_random)
    (call $print (i32.const 256) (i32.const 11))
    (call $print (i32.const 272) (i32.const 11)))

  (func $_start (export "_start")
    (call $work)
    (call $proc_exit (i32.const 0))))
