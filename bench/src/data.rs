//! Made-up data of a whole place: its units and projects, the same in every run.

use clap::ValueEnum;

/// Units of a division: seven departments of ten.
pub const UNITS_OF_DIVISION: usize = 70;
/// Units of a department, itself among them.
pub const UNITS_OF_DEPARTMENT: usize = 10;

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// 70 units, 1,000 projects.
    County,
    /// 1,400 units, 20,000 projects.
    City,
    /// 20,000 units, 300,000 projects, 1.2 million plan points, 2.4 million indicators.
    Province,
}

/// A unit and its projects.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// Its place among all units, from 0.
    pub number: usize,
    /// The number of its first project.
    pub first: u64,
    /// How many projects it has.
    pub projects: u64,
}

impl Size {
    const fn counts(self) -> (usize, u64) {
        match self {
            Self::County => (70, 1_000),
            Self::City => (1_400, 20_000),
            Self::Province => (20_000, 300_000),
        }
    }

    /// All units: few have many projects, many have few, some 15 on the average.
    pub fn units(self) -> Vec<Unit> {
        const PROJECTS: [u64; 7] = [42, 24, 13, 9, 7, 5, 5];
        let (units, projects) = self.counts();
        let mut first = 0;
        let numbers = (0..units).zip(PROJECTS.iter().cycle());
        let units = numbers.map(|(number, projects_of_unit)| {
            let unit = Unit { number, first, projects: (*projects_of_unit).min(projects - first) };
            first += unit.projects;
            unit
        });
        units.collect()
    }
}

impl Unit {
    /// The code of its division.
    pub fn division(&self) -> String {
        format!("51{:04}", 101 + self.number / UNITS_OF_DIVISION)
    }

    /// Its code: three digits for a department, six for a unit of one.
    pub fn code(&self) -> String {
        let member = self.number % UNITS_OF_DEPARTMENT;
        let department = self.department();
        if member == 0 { department } else { format!("{department}{member:03}") }
    }

    /// The code of its department.
    pub fn department(&self) -> String {
        format!("{}", 101 + self.number % UNITS_OF_DIVISION / UNITS_OF_DEPARTMENT)
    }

    /// The place of its department among all units; its own for a department.
    pub fn above(&self) -> usize {
        self.number - self.number % UNITS_OF_DEPARTMENT
    }
}
