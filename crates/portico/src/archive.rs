//! The file that a backup is: a plain tar archive (POSIX ustar), which any machine can list and unpack without Portico.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

const BLOCK: usize = 512;

/// Writes an archive, one file after another.
pub struct Writer {
    to: BufWriter<File>,
}

impl Writer {
    /// Begins an archive.
    pub fn new(file: File) -> Writer {
        Writer { to: BufWriter::with_capacity(1 << 20, file) }
    }

    /// Adds bytes under a name.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.entry(name, bytes.len() as u64, bytes)
    }

    /// Adds a file under a name. It must not change meanwhile.
    pub fn add_file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        self.entry(name, size, file)
    }

    fn entry(&mut self, name: &str, size: u64, content: impl Read) -> io::Result<()> {
        self.to.write_all(&header(name, size)?)?;
        let copied = io::copy(&mut content.take(size), &mut self.to)?;
        if copied != size {
            return Err(io::Error::other(format!("{name} became shorter while it was read")));
        }
        let padding = (BLOCK - (size % BLOCK as u64) as usize) % BLOCK;
        self.to.write_all(&[0; BLOCK][..padding])
    }

    /// Ends the archive; it is on disk when this returns.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.write_all(&[0; BLOCK * 2])?;
        self.to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn header(name: &str, size: u64) -> io::Result<[u8; BLOCK]> {
    if name.len() > 100 {
        return Err(io::Error::other(format!("{name} is too long a name for the archive")));
    }
    let mut block = [0u8; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000600\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    match size < 1 << 33 {
        true => block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes()),
        // Beyond eleven octal digits the number is written as it is, marked by the highest bit.
        false => {
            block[124] = 0x80;
            block[128..136].copy_from_slice(&size.to_be_bytes());
        }
    }
    block[136..148].copy_from_slice(b"00000000000\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// Reads an archive, one file after another.
pub struct Reader {
    from: BufReader<File>,
    left: u64,
    padding: u64,
}

impl Reader {
    /// Opens an archive.
    pub fn new(file: File) -> Reader {
        Reader { from: BufReader::with_capacity(1 << 20, file), left: 0, padding: 0 }
    }

    /// Goes to the next file: its name, a relative path that leads nowhere outside. None at the end.
    pub fn next_entry(&mut self) -> io::Result<Option<PathBuf>> {
        let rest = self.left + self.padding;
        io::copy(&mut self.from.by_ref().take(rest), &mut io::sink())?;
        let mut block = [0u8; BLOCK];
        self.from.read_exact(&mut block).map_err(|_| damaged("it ends in the middle"))?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let written = octal(&block[148..156]).ok_or_else(|| damaged("a header's checksum is no number"))?;
        block[148..156].copy_from_slice(b"        ");
        if block.iter().map(|byte| u64::from(*byte)).sum::<u64>() != written {
            return Err(damaged("a header's checksum is wrong"));
        }
        let end = block[..100].iter().position(|byte| *byte == 0).unwrap_or(100);
        let name = std::str::from_utf8(&block[..end]).map_err(|_| damaged("a name is no UTF-8"))?;
        let path = PathBuf::from(name);
        if name.is_empty() || path.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(damaged(&format!("the name {name:?} leads elsewhere")));
        }
        self.left = match block[124] & 0x80 {
            0 => octal(&block[124..136]).ok_or_else(|| damaged("a size is no number"))?,
            _ => block[128..136].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        self.padding = (BLOCK as u64 - self.left % BLOCK as u64) % BLOCK as u64;
        Ok(Some(path))
    }

    /// Writes the present file out.
    pub fn copy_to(&mut self, to: &mut impl Write) -> io::Result<()> {
        let copied = io::copy(&mut self.from.by_ref().take(self.left), to)?;
        self.left -= copied;
        if self.left > 0 { Err(damaged("it ends in the middle")) } else { Ok(()) }
    }
}

fn octal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

fn damaged(why: &str) -> io::Error {
    io::Error::other(format!("this is no whole backup: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("portico-archive-{}-{name}.tar", std::process::id()))
    }

    #[test]
    fn what_goes_in_comes_out() {
        let path = path("round");
        let mut writer = Writer::new(File::create(&path).unwrap());
        let big = vec![7u8; 100_000];
        for (name, bytes) in [("a", &b""[..]), ("blobs/ab/cd", b"hello"), ("big", &big)] {
            writer.add(name, bytes).unwrap();
        }
        writer.finish().unwrap();
        let mut reader = Reader::new(File::open(&path).unwrap());
        let mut found = Vec::new();
        while let Some(name) = reader.next_entry().unwrap() {
            let mut bytes = Vec::new();
            if name.to_str() != Some("a") {
                reader.copy_to(&mut bytes).unwrap();
            }
            found.push((name.to_str().unwrap().to_string(), bytes.len()));
        }
        assert_eq!(found, [("a".to_string(), 0), ("blobs/ab/cd".to_string(), 5), ("big".to_string(), 100_000)]);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused() {
        for name in ["../evil", "/etc/evil", "a/../../evil"] {
            let path = path("evil");
            let mut writer = Writer::new(File::create(&path).unwrap());
            writer.add(name, b"x").unwrap();
            writer.finish().unwrap();
            assert!(Reader::new(File::open(&path).unwrap()).next_entry().is_err(), "{name}");
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn half_an_archive_is_refused() {
        let path = path("half");
        std::fs::write(&path, &header("a", 2_000).unwrap()[..]).unwrap();
        let mut reader = Reader::new(File::open(&path).unwrap());
        reader.next_entry().unwrap();
        assert!(reader.copy_to(&mut Vec::new()).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
