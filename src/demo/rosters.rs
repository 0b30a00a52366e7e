//! The spreadsheets a school really has: a sheet a class with a title above the header, phones typed
//! in every way, 同上 below a brother, a total and a remark at the end, and a few lines that are wrong.
//! Every name is invented and every number obviously fake.

use crate::client::Dice;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗",
];
const GIVEN: [&str; 24] = [
    "子涵", "欣怡", "浩然", "梓萱", "宇轩", "诗涵", "雨桐", "俊杰", "佳琪", "博文", "思远", "雅婷",
    "明轩", "晓燕", "建国", "志强", "丽华", "海涛", "秀英", "伟", "静", "磊", "敏", "军",
];
const GRADES: [&str; 6] = ["一", "二", "三", "四", "五", "六"];
const RELATIONS: [&str; 6] = ["亲戚", "朋友", "同学", "邻居", "家长", "同事"];

/// A class and its pupils.
struct Class {
    label: String,
    teacher: String,
    number: String,
    pupils: Vec<Pupil>,
}

struct Pupil {
    name: String,
    number: String,
    phone: u64,
    /// Written 同上 under the line above.
    same_as_above: bool,
}

fn name(dice: &mut Dice) -> String {
    let surname = dice.pick(&SURNAMES).copied().unwrap_or("王");
    format!("{surname}{}", dice.pick(&GIVEN).copied().unwrap_or("静"))
}

/// Number `at` of the parents' block, 138-0000-0000 and up.
const fn parent_phone(at: u64) -> u64 {
    13_800_000_000 + at
}

/// Number `at` of the contacts' block, 139-0000-0000 and up.
const fn contact_phone(at: u64) -> u64 {
    13_900_000_000 + at
}

fn classes(seed: u64, count: u32) -> Vec<Class> {
    let mut dice = Dice::new(seed, "classes");
    let mut phones = 0;
    let mut families: Vec<u64> = Vec::new();
    let mut out = Vec::new();
    for at in 0..count {
        let grade = GRADES[(at as usize) % GRADES.len()];
        let label = format!("{grade}年级{}班", at as usize / GRADES.len() + 1);
        // one class is so small that everybody is asked
        let size = if at + 1 == count { 6 } else { 34 + dice.below(13) };
        let mut pupils: Vec<Pupil> = Vec::new();
        for seat in 0..size {
            let sibling = at > 0 && dice.happens(30);
            let twin = seat > 0 && !sibling && dice.happens(20);
            let above = pupils.last().map(|p| p.phone).filter(|_| twin);
            let family = if sibling { dice.pick(&families).copied() } else { None };
            let phone = above.or(family).unwrap_or_else(|| {
                phones += 1;
                parent_phone(phones)
            });
            families.push(phone);
            pupils.push(Pupil {
                name: name(&mut dice),
                number: format!("2024{at:02}{:02}", seat + 1),
                phone,
                same_as_above: above.is_some(),
            });
        }
        out.push(Class {
            label,
            teacher: name(&mut dice),
            number: format!("T{:03}", at + 1),
            pupils,
        });
    }
    // the order of a workbook: by grade
    out.sort_by_key(|c| GRADES.iter().position(|g| c.label.starts_with(g)));
    out
}

/// Equal bytes for equal content: without the time of writing.
fn book() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let written = ExcelDateTime::from_ymd(2026, 2, 28)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&written));
    Ok(book)
}

fn write_phone(page: &mut Worksheet, row: u32, column: u16, phone: u64) -> Result<(), XlsxError> {
    let digits = phone.to_string();
    let (a, b, c) = (&digits[..3], &digits[3..7], &digits[7..]);
    match phone % 5 {
        // below 2^53: exact in a number cell
        #[expect(clippy::cast_precision_loss, reason = "eleven digits are exact in a f64")]
        0 | 1 => page.write_number(row, column, phone as f64)?,
        2 => page.write_string(row, column, format!("{a} {b} {c}"))?,
        3 => page.write_string(row, column, format!("+86 {a}-{b}-{c}"))?,
        _ => page.write_string(row, column, digits)?,
    };
    Ok(())
}

fn class_sheet(page: &mut Worksheet, class: &Class) -> Result<(), XlsxError> {
    page.set_name(&class.label)?;
    let title = format!("{} 班主任:{} 工号:{}", class.label, class.teacher, class.number);
    page.write_string(0, 0, title)?;
    for (column, header) in (0..).zip(["序号", "学生姓名", "学籍号", "家长电话", "备注"])
    {
        page.write_string(1, column, header)?;
    }
    let mut row = 2;
    for (at, pupil) in (1_u32..).zip(&class.pupils) {
        page.write_number(row, 0, at)?;
        page.write_string(row, 1, &pupil.name)?;
        page.write_string(row, 2, &pupil.number)?;
        if pupil.same_as_above {
            page.write_string(row, 3, "同上")?;
        } else {
            write_phone(page, row, 3, pupil.phone)?;
        }
        row += 1;
    }
    page.write_string(row, 0, "合计")?;
    page.write_string(row, 1, format!("{}人", class.pupils.len()))?;
    page.write_string(row + 1, 0, "备注：以上信息由班主任核对")?;
    Ok(())
}

/// What stands in one sheet of every school: two lines that a reader must refuse by name (a letter
/// in a phone, no phone at all), and one number for six pupils, which is nobody's home: held.
fn spoil(page: &mut Worksheet, class: &Class) -> Result<(), XlsxError> {
    for (row, pupil) in (2..).zip(&class.pupils) {
        match row {
            2 => page.write_string(row, 3, "1380000O123")?,
            3 => page.write_string(row, 3, "不详")?,
            4..=9 => page.write_number(row, 3, 13_800_009_999.0)?,
            // 同上 must point at a line that is as it was
            10 => page.write_string(row, 3, pupil.phone.to_string())?,
            _ => break,
        };
    }
    Ok(())
}

/// `parents.xlsx`.
///
/// # Errors
/// The workbook cannot be written.
pub fn parents(seed: u64, count: u32) -> Result<Vec<u8>, XlsxError> {
    let mut book = book()?;
    for (at, class) in classes(seed, count).iter().enumerate() {
        let page = book.add_worksheet();
        class_sheet(page, class)?;
        // with two classes the second may be the one of six
        if at == 0 {
            spoil(page, class)?;
        }
    }
    book.save_to_buffer()
}

/// `contacts.xlsx`: thirty contacts a member of staff, whose cells are merged over them.
///
/// # Errors
/// The workbook cannot be written.
pub fn contacts(seed: u64, teachers: u32) -> Result<Vec<u8>, XlsxError> {
    let mut dice = Dice::new(seed, "contacts");
    let mut book = book()?;
    let plain = Format::new();
    let page = book.add_worksheet();
    page.set_name("联系人")?;
    page.write_string(0, 0, "教职工社会联系人名单")?;
    for (column, header) in (0..).zip(["工号", "教职工", "联系人", "关系", "联系电话"])
    {
        page.write_string(1, column, header)?;
    }
    let (mut row, mut phones) = (2, 0);
    for teacher in 1..=teachers {
        let (number, staff) = (format!("T{teacher:03}"), name(&mut dice));
        page.merge_range(row, 0, row + 29, 0, &number, &plain)?;
        page.merge_range(row, 1, row + 29, 1, &staff, &plain)?;
        for _ in 0..30 {
            // friends are shared between colleagues now and then
            let shared = phones > 40 && dice.happens(20);
            let phone = if shared {
                contact_phone(1 + dice.below(phones))
            } else {
                phones += 1;
                contact_phone(phones)
            };
            page.write_string(row, 2, name(&mut dice))?;
            page.write_string(row, 3, dice.pick(&RELATIONS).copied().unwrap_or("朋友"))?;
            write_phone(page, row, 4, phone)?;
            row += 1;
        }
    }
    page.write_string(row, 0, "合计")?;
    book.save_to_buffer()
}
