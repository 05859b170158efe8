// A ledger whose fault is planted: `patch` writes through a raw pointer one entry too far, over the
// discriminant of the account behind the array; what is read from it later is another variant.
#![crate_type = "cdylib"]

#[derive(Clone, Copy, PartialEq)]
pub enum Currency {
    Euro,
    Yen = 5,
}

pub enum Account {
    Empty,
    Cash(i64),
    Bank { name: String, iban: [u8; 4], balance: f64 },
}

pub struct Pair(u8, char);

pub struct Ledger<'a> {
    owner: &'a str,
    entries: [u32; 4],
    account: Account,
    currency: Currency,
    limit: Option<u32>,
    parent: Option<&'a Ledger<'a>>,
}

#[inline(always)]
fn scaled(value: u32, by: u32) -> u32 {
    let twice = value.wrapping_mul(2);
    twice.wrapping_add(by)
}

impl<'a> Ledger<'a> {
    #[inline(never)]
    pub fn patch(&mut self, index: usize, value: u32) {
        let place = self.entries.as_mut_ptr();
        let amount = scaled(value, index as u32);
        // The planted fault: nobody looks at `index`.
        unsafe { *place.add(index) = amount };
    }

    #[inline(never)]
    pub fn worth(&self) -> i64 {
        match &self.account {
            Account::Empty => 0,
            Account::Cash(amount) => *amount,
            Account::Bank { name, iban, balance } => {
                let bonus = name.len() as i64 + iban[0] as i64;
                *balance as i64 + bonus
            }
        }
    }
}

#[inline(never)]
pub fn pick(numbers: &[i64], at: i64) -> i64 {
    unsafe { *numbers.as_ptr().offset(at as isize) }
}

#[no_mangle]
pub extern "C" fn run(n: u32) -> i64 {
    let first = Ledger {
        owner: "nobody",
        entries: [0; 4],
        account: Account::Cash(-7),
        currency: Currency::Yen,
        limit: None,
        parent: None,
    };
    let title = String::from("main \"book\"");
    let numbers: Vec<i64> = vec![3, 5, 8];
    let pair = Pair(9, 'é');
    let boxed: Box<(i16, bool)> = Box::new((-3, true));
    let nothing = ();
    let slice = &numbers[1..];
    let mut ledger = Ledger {
        owner: &title,
        entries: [1, 2, 3, 4],
        account: Account::Bank { name: title.clone(), iban: *b"DE12", balance: 1.5 },
        currency: Currency::Euro,
        limit: Some(n),
        parent: Some(&first),
    };
    ledger.patch(n as usize, 1_000_000_000);
    let worth = ledger.worth();
    let _ = nothing;
    let sum = first.worth() + pair.0 as i64 + pair.1 as i64 + boxed.0 as i64 + slice[0];
    if n >= 4 {
        return pick(&numbers, worth.wrapping_mul(1 << 40)) + sum;
    }
    let same = ledger.currency == first.currency && ledger.limit.is_some() && boxed.1;
    worth + sum + same as i64 + ledger.owner.len() as i64
        + ledger.parent.map_or(0, |p| p.entries[0] as i64)
}
