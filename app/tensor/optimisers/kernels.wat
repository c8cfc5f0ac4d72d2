;; Optimiser arithmetic over float32 arrays in one memory, four lanes at a time.
;; Every address is a byte offset, every count a number of elements that is a multiple of 4 (arenas are padded).
(module
  (import "lathe" "memory" (memory 0 65536))

  ;; AdamW (Loshchilov & Hutter 2019, Alg. 2):
  ;;   g' = scale*g;  m = b1*m + (1-b1)*g';  v = b2*v + (1-b2)*g'^2
  ;;   w = decay*w - rate * m / (sqrt(v)*correction + epsilon)
  ;; where rate = lr/(1-b1^t), correction = 1/sqrt(1-b2^t), decay = 1 - lr*weightDecay.
  (func (export "adamw")
      (param $w i32) (param $g i32) (param $m i32) (param $v i32) (param $n i32)
      (param $scale f32) (param $b1 f32) (param $nb1 f32) (param $b2 f32) (param $nb2 f32)
      (param $rate f32) (param $correction f32) (param $decay f32) (param $epsilon f32)
    (local $end i32) (local $gg v128) (local $mm v128) (local $vv v128)
    (local.set $end (i32.add (local.get $w) (i32.shl (local.get $n) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $w) (local.get $end)))
      (local.set $gg (f32x4.mul (v128.load (local.get $g)) (f32x4.splat (local.get $scale))))
      (local.set $mm (f32x4.add
        (f32x4.mul (v128.load (local.get $m)) (f32x4.splat (local.get $b1)))
        (f32x4.mul (local.get $gg) (f32x4.splat (local.get $nb1)))))
      (v128.store (local.get $m) (local.get $mm))
      (local.set $vv (f32x4.add
        (f32x4.mul (v128.load (local.get $v)) (f32x4.splat (local.get $b2)))
        (f32x4.mul (f32x4.mul (local.get $gg) (local.get $gg)) (f32x4.splat (local.get $nb2)))))
      (v128.store (local.get $v) (local.get $vv))
      (v128.store (local.get $w) (f32x4.sub
        (f32x4.mul (v128.load (local.get $w)) (f32x4.splat (local.get $decay)))
        (f32x4.div
          (f32x4.mul (local.get $mm) (f32x4.splat (local.get $rate)))
          (f32x4.add
            (f32x4.mul (f32x4.sqrt (local.get $vv)) (f32x4.splat (local.get $correction)))
            (f32x4.splat (local.get $epsilon))))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br $next))))

  ;; SGD with momentum (PyTorch's form): g' = scale*g; m = momentum*m + g'; w = decay*w - rate*m.
  (func (export "sgd")
      (param $w i32) (param $g i32) (param $m i32) (param $n i32)
      (param $scale f32) (param $momentum f32) (param $rate f32) (param $decay f32)
    (local $end i32) (local $mm v128)
    (local.set $end (i32.add (local.get $w) (i32.shl (local.get $n) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $w) (local.get $end)))
      (local.set $mm (f32x4.add
        (f32x4.mul (v128.load (local.get $m)) (f32x4.splat (local.get $momentum)))
        (f32x4.mul (v128.load (local.get $g)) (f32x4.splat (local.get $scale)))))
      (v128.store (local.get $m) (local.get $mm))
      (v128.store (local.get $w) (f32x4.sub
        (f32x4.mul (v128.load (local.get $w)) (f32x4.splat (local.get $decay)))
        (f32x4.mul (local.get $mm) (f32x4.splat (local.get $rate)))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (br $next))))

  ;; y += x
  (func (export "accumulate") (param $y i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $y) (local.get $end)))
      (v128.store (local.get $y) (f32x4.add (v128.load (local.get $y)) (v128.load (local.get $x))))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $next))))

  ;; Sum of squares, summed in doubles.
  (func (export "sumOfSquares") (param $x i32) (param $n i32) (result f64)
    (local $end i32) (local $a v128) (local $lo v128) (local $hi v128) (local $sum v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $x) (local.get $end)))
      (local.set $a (v128.load (local.get $x)))
      (local.set $lo (f64x2.promote_low_f32x4 (local.get $a)))
      (local.set $hi (f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $a) (local.get $a))))
      (local.set $sum (f64x2.add (local.get $sum) (f64x2.add (f64x2.mul (local.get $lo) (local.get $lo)) (f64x2.mul (local.get $hi) (local.get $hi)))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $next)))
    (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum)))))
