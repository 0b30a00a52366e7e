//! The words of school spreadsheets, in Chinese and English, as [`word`](super::row::word) leaves
//! them; one string a meaning, its words separated by spaces.

/// Class label.
pub(super) const CLASS: &str = "\
    班级 班級 班 班别 班別 所在班级 所在班級 行政班 班级名称 班級名稱 学生班级 學生班級 \
    任教班级 任教班級 所教班级 所教班級 任课班级 任課班級 执教班级 class classname classlabel homeroom tutorgroup formclass formgroup registrationgroup";

/// Grade, in a column of its own.
pub(super) const GRADE: &str = "\
    年级 年級 所在年级 所在年級 就读年级 就讀年級 年段 年 入学年份 入學年份 届别 屆別 届 屆 级 級 级别 級別 级部 級部 年级名称 年級名稱 所属年级 所屬年級 学段 學段 yr level grade year yeargroup gradelevel yearlevel";

/// Name of the pupil.
pub(super) const PUPIL: &str = "\
    学生姓名 學生姓名 学生 學生 学生名字 學生名字 孩子姓名 幼儿姓名 幼兒姓名 小孩姓名 \
    子女姓名 学员姓名 學員姓名 宝宝姓名 寶寶姓名 pupil pupilname pupilsname nameofpupil pupilfullname student studentname studentsname \
    nameofstudent studentfullname child childname childsname nameofchild childfullname";

/// A name, of whom the table decides.
pub(super) const SOME_NAME: &str = "姓名 名字 name fullname";

/// The first part of a pupil's name, where it stands in two columns.
pub(super) const FAMILY_NAME: &str = "\
    surname lastname familyname studentsurname studentlastname pupilsurname pupillastname childsurname childlastname 姓 姓氏";

/// The second part.
pub(super) const GIVEN_NAME: &str = "\
    firstname givenname forename studentfirstname studentforename pupilfirstname pupilforename childfirstname childforename 名";

/// Number of the pupil.
pub(super) const PUPIL_NUMBER: &str = "\
    学号 學號 学籍号 學籍號 全国学籍号 全國學籍號 学籍号码 学生编号 學生編號 学生学号 \
    學生學號 学生号 學生號 number pupilnumber pupilno pupilid studentnumber studentno studentid";

/// Class teacher.
pub(super) const CLASS_TEACHER: &str = "\
    班主任 班主任姓名 班主任老师 班主任老師 班主任名字 导师 導師 导师姓名 導師姓名 \
    classteacher classteachername homeroomteacher teacher teachername formteacher formtutor tutor tutorname";

/// Number of the class teacher.
pub(super) const CLASS_TEACHER_NUMBER: &str = "\
    班主任工号 班主任工號 班主任编号 班主任編號 班主任职工号 导师编号 導師編號 工号 工號 \
    classteachernumber teachernumber teacherno teacherid staffnumber staffno staffid";

/// Member of staff.
pub(super) const STAFF: &str = "\
    教师 教師 教师姓名 教師姓名 老师 老師 老师姓名 老師姓名 职工 職工 职工姓名 職工姓名 \
    教职工 教職工 教职工姓名 教職工姓名 员工 員工 员工姓名 員工姓名 被测评人 被測評人 \
    被评人 被評人 被评价人 被評價人 评价对象 評價對象 任课教师 任課教師 任课老师 任課老師 教职员 教職員 教职员姓名 教職員姓名 测评对象 測評對象 staff staffname teacher teachername employee \
    employeename staffmember";

/// Number of the member of staff.
pub(super) const STAFF_NUMBER: &str = "\
    工号 工號 职工号 職工號 职工编号 職工編號 教师编号 教師編號 教师工号 教師工號 教职工号 \
    教職工號 员工编号 員工編號 员工号 員工號 staffnumber staffno staffid employeenumber \
    employeeid teachernumber teacherid";

/// Name of the contact.
pub(super) const CONTACT: &str = "\
    联系人 聯繫人 聯絡人 联系人姓名 聯繫人姓名 聯絡人姓名 联络人 联络人姓名 群众姓名 \
    群眾姓名 评价人 評價人 评价人姓名 測評人 测评人 受访人 受訪人 受访者 受訪者 服务对象 服務對象 contact contactname \
    contactperson";

/// Number of the contact.
pub(super) const CONTACT_NUMBER: &str =
    "联系人编号 聯繫人編號 聯絡人編號 number contactid contactno";

/// What the contact is to the member of staff.
pub(super) const RELATION: &str = "\
    关系 關係 与本人关系 與本人關係 与教师关系 與教師關係 人员类别 人員類別 relation \
    relationship";

/// Name of the guardian.
pub(super) const GUARDIAN: &str = "\
    家长 家長 家长姓名 家長姓名 监护人 監護人 监护人姓名 監護人姓名 父亲 父親 父亲姓名 \
    父親姓名 母亲 母親 母亲姓名 母親姓名 爸爸 爸爸姓名 妈妈 媽媽 妈妈姓名 媽媽姓名 parent parentname guardian guardianname \
    parentcarer parentcarername parentguardian parentguardianname carer carername father fathername fathersname mother mothername mothersname mum dad";

/// Key of a target.
pub(super) const TARGET_KEY: &str = "编号 編號 编码 編碼 key id code";

/// Known, and of no use here.
pub(super) const OTHER: &str = "\
    性别 性別 民族 出生日期 出生年月 生日 身份证 身份證 身份证号 身份證號 身份证号码 \
    身份證號碼 住址 家庭住址 地址 家庭地址 现住址 备注 備註 备註 说明 說明 邮箱 郵箱 年龄 \
    年齡 籍贯 籍貫 户籍 戶籍 政治面貌 职务 職務 职称 職稱 部门 部門 科目 学科 學科 学校 \
    學校 宿舍 工作单位 工作單位 签名 簽名 班主任电话 班主任電話 班主任手机 班主任手機 sex \
    gender address remarks remark note notes comment comments email birthday dateofbirth \
    school department subject teacherphone classteacherphone";

/// Whose phone a header may say, before the word for a phone.
pub(super) const PHONE_OF: &str = "\
    家长 家長 父亲 父親 母亲 母親 爸爸 妈妈 媽媽 父 母 监护人 監護人 爷爷 爺爺 奶奶 外公 \
    外婆 祖父 祖母 紧急 緊急 备用 備用 第一 第二 第三 联系人 聯繫人 聯絡人 家庭 住宅 主要 \
    其他 其它 parent parents father fathers mother mothers guardian guardians home contact 评价人 評價人 测评人 測評人 parentcarer carer carers mum mums dad dads \
    emergency first second other mobile cell";

/// Header of a column that says in which part of a school a class is: two of one label in different
/// parts are two.
pub(super) const PARTS: &str = "\
    校区 校區 所在校区 所在校區 校部 分校 部别 部別 学部 學部 专业 專業 专业名称 專業名稱 系 系别 系別 院系 学院 學院 \
    学校 學校 学校名称 學校名稱 所在学校 所在學校 所属学校 所屬學校 教学点 教學點 分部 科别 科別 园区 園區 \
    所属校区 所屬校區 就读校区 就讀校區 校名 校点 校點 所学专业 所學專業 专业方向 專業方向 层次 層次 site stream \
    学年 學年 学年度 學年度 school campus section major department schoolyear academicyear";

/// The same of members of staff, besides.
pub(super) const DEPARTMENTS: &str = "\
    学科 學科 科目 部门 部門 所在部门 所在部門 教研组 教研組 科室 处室 處室 单位 單位 年级组 年級組 组别 組別 组 組 科组 科組 学科组 學科組 备课组 備課組 division";

/// Header of what a member of staff is, beside the name.
pub(super) const DESCRIBING: &str = "\
    职务 職務 职称 職稱 职位 職位 岗位 崗位 职级 職級 性别 性別 年龄 年齡 民族 学历 學歷 政治面貌 身份证 身份證 身份证号 身份證號 \
    任教学科 任教學科 sex gender age post position jobtitle role";

/// The label before a grade in a title, in lower case; one may hold a space.
pub(super) const LABELS_GRADE: &str = "年级|年級|所在年级|所在年級|所属年级|所屬年級|就读年级|就讀年級|grade|grade level|year|year level|year group|form|level";

/// The label before a school.
pub(super) const LABELS_SCHOOL: &str = "学校|學校|学校名称|學校名稱|所在学校|所在學校|所属学校|所屬學校|单位|單位|单位名称|單位名稱|school|school name";

/// The label before a school year.
pub(super) const LABELS_YEAR: &str = "学年|學年|学年度|學年度|年度|school year|academic year";

/// The label before a part of a school.
pub(super) const LABELS_PART: &str = "校区|校區|所在校区|所在校區|所属校区|校部|分校|分部|部别|部別|学部|學部|教学点|教學點|园区|園區|campus|site";

/// The label before what else tells classes of a school apart.
pub(super) const LABELS_KIND: &str = "专业|專業|专业名称|專業名稱|系|系别|系別|院系|学院|學院|学段|學段|科别|科別|届|屆|届别|屆別|入学年份|入學年份|section|major|department|division";

/// Such a part in a title: `东校区`.
pub(super) const PART_WORDS: &str = "国际部 國際部 国内部 普通部 校区 校區 分校 校部 本部 总校 總校 总园 總園 分园 分園 学部 學部 小学部 小學部 初中部 高中部 中学部 中學部 专业 專業 学院 學院";

/// What a cell for a member of staff says of many.
pub(super) const GROUPS: &str = "\
    后勤 後勤 行政 行政人员 行政人員 后勤人员 後勤人員 教辅 教輔 教辅人员 教輔人員 中层 中層 全体 全體 教师 教師 \
    全体教师 全體教師 校级领导 校級領導 领导 領導 班主任 老师 老師 语文 語文 数学 數學 英语 英語 财务 財務 门卫 門衛 食堂 保安 宿管 校车 校車 图书馆 圖書館 校长 校長 组长 組長 教导主任 教導主任 任课教师 任課教師 科任教师 科任教師 各位教师 外聘教师 空缺 小计 合计 备注 待聘 缺编 缺編 空岗 空崗 代课 代課 同 上同 见备注 見備註 公章 日期 校长签字 校長簽字 制表人 填表人 教务处 教務處 总务处 總務處 政教处 vacant supply tbc tba staff teachers office admin";

/// Number of the pupil in a register of the country, beside the school's own.
pub(super) const REGISTERED: &str = "学籍号 學籍號 全国学籍号 全國學籍號 学籍号码";

/// A phone.
pub(super) const PHONE: &str = "\
    电话 電話 手机 手機 手机号 手機號 手机号码 手機號碼 电话号码 電話號碼 联系电话 聯繫電話 \
    聯絡電話 联系手机 联系方式 聯繫方式 聯絡方式 联系号码 座机 座機 固定电话 固定電話 固话 \
    移动电话 行動電話 phone phonenumber phoneno mobile mobilephone mobilenumber tel \
    telephone telephonenumber cellphone contactnumber contactphone";

/// Row number of the sheet.
pub(super) const ORDINAL: &str = "序号 序號 序 行号 行號 座号 座號 项次 項次 no index sn nr 号 號";

/// A row that sums up begins with one of these.
pub(super) const TOTALS: &str = "\
    合计 合計 总计 總計 小计 小計 共计 共計 总人数 總人數 人数 人數 total subtotal sum \
    grandtotal";

/// A line of remarks below a table begins with one of these.
pub(super) const REMARKS: &str = "\
    备注 備註 说明 說明 注: 注意 附注 附註 註: 填表 制表 製表 审核 審核 联系教务 note \
    remark n.b. nb:";

/// Marks of a foot besides totals and remarks: alone in a cell, or before a colon.
pub(super) const FEET: &str = "\
    注 註 注意事项 注意事項 填报 填報 审批 審批 复核 覆核 校对 校對 经办 經辦 经手 經手 签字 簽字 \
    签名 簽名 签章 簽章 盖章 蓋章 公章 学校公章 學校公章 日期 联系教务处 聯繫教務處 联系电话 聯繫電話 聯絡電話 咨询电话 諮詢電話 \
    监督电话 監督電話 学校电话 學校電話 办公电话 辦公電話 notes remarks signature \
    preparedby checkedby signedby approvedby";

/// Whose signature or phone a foot gives.
pub(super) const FOOT_PERSONS: &str = "\
    联系人 聯繫人 聯絡人 班主任 校长 校長 副校长 副校長 主任 教务主任 教務主任 教导主任 教導主任 \
    负责人 負責人 contact contactperson principal headteacher";

/// What may stand between a mark of a foot and its colon; longer ones come first.
pub(super) const FOOT_ENDS: &str = "\
    老师 老師 签字 簽字 签名 簽名 签章 簽章 盖章 蓋章 日期 时间 時間 单位 單位 电话 電話 人 名 者 员 員 \
    共 个 個 位";

/// What a cell says that holds nothing.
pub(super) const NOTHING: &str = "\
    暂缺 暫缺 未定 同上 外聘 无 無 没有 沒有 未知 不详 不詳 待定 待补 待補 暂无 暫無 空 0 none n/a na nil null unknown tbd ? ??";

/// What a person's name never holds.
pub(super) const NOBODY: &str = "\
    督学 督學 教育局 教体局 教體局 总机 總機 管理员 管理員 群主 医院 醫院 交警 阿姨 制表人 填表人 退学 退學 转走 轉走 男生 女生 全班 往届 \
    电话 電話 热线 熱線 值班 办公室 辦公室 医室 醫室 教务 教務 教导处 教導處 政教 德育 总务 總務 门卫 門衛 保卫 保衛 \
    投诉 投訴 举报 舉報 咨询 諮詢 学校 學校 以上 以下 人数 人數 合计共 页 頁 打印 \
    校办 校辦 校车 校車 司机 司機 食堂 医务 醫務 报警 報警 辅导室 輔導室 学务 學務 保健 健康中心 班长家长 班長家長 \
    辅导员 輔導員 家委 晚托 托管 快递 快遞 物业 物業 团委 團委 工会 工會 财务 財務 图书馆 圖書館 宿管 科任 班导 班導 導師 导师 \
    班长 班長 保安 校警 家长委员 家長委員 家长会 家長會 媽媽 妈妈 秘书 秘書 交通车 交通車 公司 订购 訂購 服务 服務 卫生院 衛生院 \
    居委 社区 社區 校园 校園 派出所 民警 医生 醫生 护士 護士 示例 样例 樣例 范例 範例 \
    校护 校護 志工 安亲 安親 补习 補習 班主任";

/// The same in Latin letters, as whole words.
pub(super) const NOBODY_LATIN: &str = "bus office reception hotline school department";

/// Who is not to be called about somebody else, in the brackets of a header.
pub(super) const OTHERS: &str = "\
    班主任 老师 老師 教师 教師 导师 導師 学生 學生 本人 学校 學校 单位 單位 办公 辦公 teacher pupil student \
    旧 舊 作废 作廢 停用 邻居 鄰居 托管 接送 孩子 儿童 兒童 手表 手錶 教 不用 unused old neighbour neighbor \
    office school";

/// Whose phone is not a parent's, where the cell itself says so.
pub(super) const NOT_OF_PARENTS: &str =
    "本人 学生 學生 孩子 自己 班主任 老师 老師 办公室 辦公室 旧号 舊號 停用 作废 作廢 空号 空號";

/// How somebody at the school is called; no pupil's name ends so.
pub(super) const STYLES: &str = "老师 老師 主任 校长 校長";

/// How offices end.
pub(super) const OFFICES: &str = "室 处 處 所 部 组 組 办 辦 站 中心 专线 專線";

/// What brackets behind a name say of somebody who teaches.
pub(super) const TEACHING: &str = "示例 样例 樣例 范例 範例 班主任 老师 老師 教师 教師 导师 導師 语文 語文 数学 數學 英语 英語 体育 體育 音乐 音樂 美术 美術 科学 科學";

/// Subjects of a school.
pub(super) const SUBJECTS: &str = "\
    语文 語文 国文 國文 国语 國語 数学 數學 英语 英語 英文 体育 體育 音乐 音樂 美术 美術 科学 科學 道法 道德与法治 品德 思品 思政 政治 信息 信息技术 資訊 \
    物理 化学 化學 生物 历史 歷史 地理 自然 社会 社會 心理 劳动 勞動 综合 綜合 综合实践 书法 書法 舞蹈 体音美 生活";

/// What somebody at a school is or does, as it stands in lists in place of a name.
pub(super) const ROLES: &str = "\
    书记 書記 副书记 副書記 副校长 副校長 校医 校醫 园医 園醫 会长 會長 副会长 副會長 学习委员 學習委員 班代 班干部 班长 班長 副班长 保育 保育员 保育員 配班 \
    主班 副班 副班主任 园长 園長 副园长 副園長 厨房 廚房 厨师 廚師 保洁 保潔 年级主任 年級主任 年级组长 年級組長 德育主任 生活老师 生活教师 任课老师 任課老師 \
    科任 專任 专任 负责人 負責人 经办人 經辦人 填表人 家长代表 家長代表 学生代表 學生代表 紧急联系人 緊急聯絡人 联络人 联系人 聯絡人 急救 传达室 招生办 \
    行政班子 领导班子 校委会 工勤 后勤服务 後勤服務 临时工 臨時工 退休教师 退休教師 家委会 家委會";

/// The same in Latin letters, word by word.
pub(super) const ROLES_LATIN: &str = "\
    english maths math mathematics science pe ict music french history geography homeroom principal headteacher \
    headmaster nurse driver cleaner secretary librarian caretaker emergency support office reception admin staff \
    teacher teachers parent parents student students pupil pupils name phone total";

/// What stands for the name of somebody who has none yet.
pub(super) const NAMELESS: &str = "空缺 新生 插班生 转学生 轉學生 无名 無名 某某 某某某 xxx";

/// Header of what somebody is or teaches.
pub(super) const POSTS: &str = "\
    职务 職務 职称 職稱 职位 職位 岗位 崗位 科目 学科 學科 任教学科 任教學科 任教班级 任教班級 部门 部門 教师 教師 老师 老師 任课教师 任課教師 \
    教师姓名 教師姓名 教职工 教職工 工号 工號 subject department position post staff staffname";

/// Headers of a table that counts classes.
pub(super) const COUNTS: &str = "\
    人数 人數 男 女 男生 女生 总数 總數 合计 合計 应到 實到 实到 学生数 學生數 学生人数 學生人數 班级人数 班級人數 男生数 女生数 boys girls total count size";
