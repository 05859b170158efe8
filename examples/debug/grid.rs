// A row of cells with a cursor, and a place where somebody knew better than the bounds check.

#[repr(C)]
struct Row {
    cells: [u32; 8],
    cursor: usize,
}

impl Row {
    fn mark(&mut self, first: usize, count: usize) {
        for i in first..first + count {
            // "The caller has checked this."
            unsafe { *self.cells.get_unchecked_mut(i) = 7000 + i as u32 };
        }
    }

    fn current(&self) -> u32 {
        self.cells[self.cursor]
    }
}

fn main() {
    let mut row = Row { cells: [0; 8], cursor: 2 };
    row.mark(0, 4);
    println!("before: {}", row.current());
    row.mark(5, 4);
    println!("after: {}", row.current());
}
